// A long list of which only the rows in view are elements: a few, used again and again as the list is scrolled.

const make = (tag, name = "", content = "") => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.textContent = content;
  return element;
};

class List {
  // `row` makes the cells of an empty row, `draw` fills them for an item, `open` is Enter, `side` left (-1) and right (1).
  constructor(box, { row, draw, open, side = null }) {
    Object.assign(this, { box, row, draw, open, side, items: [], chosen: 0, pool: [], height: 0, frame: 0 });
    this.tall = box.appendChild(make("div", "tall"));
    this.tall.setAttribute("role", "rowgroup");
    box.addEventListener("scroll", () => this.later(false));
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => this.click(event));
    box.addEventListener("focus", () => this.choose(this.chosen));
    new ResizeObserver(() => { this.height = 0; this.later(true); }).observe(box);
  }

  show(items) {
    this.items = items;
    this.chosen = 0;
    this.box.scrollTop = 0;
    this.box.setAttribute("aria-rowcount", items.length);
    this.paint(true);
  }

  later(all) {
    this.all ||= all;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.paint(this.all);
      this.all = false;
    });
  }

  paint(all) {
    if (this.pool.length === 0) this.add();
    if (this.height === 0) {
      this.height = this.pool[0].element.getBoundingClientRect().height || 48;
      all = true;
    }
    this.tall.style.height = `${this.items.length * this.height}px`;
    const count = Math.ceil(this.box.clientHeight / this.height) + 2;
    while (this.pool.length < count) { this.add(); all = true; }
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.height));
    for (let index = first; index < first + this.pool.length; index++) this.fill(index, all);
    this.mark();
  }

  add() {
    const element = this.tall.appendChild(make("div", "row"));
    element.setAttribute("role", "row");
    element.id = `${this.box.id}-${this.pool.length}`;
    this.pool.push({ element, index: -1, cells: this.row(element) });
  }

  fill(index, all) {
    const slot = this.pool[index % this.pool.length];
    const there = index < this.items.length;
    slot.element.hidden = !there;
    if (slot.index === index && !all) return;
    slot.index = there ? index : -1;
    if (!there) return;
    slot.element.style.transform = `translateY(${index * this.height}px)`;
    slot.element.setAttribute("aria-rowindex", index + 1);
    slot.element.setAttribute("aria-label", this.draw(slot.cells, this.items[index]));
  }

  mark() {
    let active = null;
    for (const { element, index } of this.pool) {
      const chosen = index === this.chosen && index >= 0;
      element.classList.toggle("chosen", chosen);
      element.setAttribute("aria-selected", chosen);
      if (chosen) active = element.id;
    }
    if (active === null) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", active);
  }

  choose(index) {
    this.chosen = Math.max(0, Math.min(index, this.items.length - 1));
    const top = this.chosen * this.height, { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.box.scrollTop = top + this.height - clientHeight;
    this.paint(false);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.items.length === 0) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 1);
    const goes = {
      ArrowUp: this.chosen - 1, ArrowDown: this.chosen + 1, PageUp: this.chosen - page, PageDown: this.chosen + page,
      Home: 0, End: this.items.length - 1,
    };
    if (event.key in goes) this.choose(goes[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.open(this.items[this.chosen]);
    else if (this.side !== null && event.key === "ArrowLeft") this.side(this.items[this.chosen], -1);
    else if (this.side !== null && event.key === "ArrowRight") this.side(this.items[this.chosen], 1);
    else return;
    event.preventDefault();
  }

  click(event) {
    const slot = this.pool.find(({ element }) => element.contains(event.target));
    if (slot === undefined || slot.index < 0) return;
    this.choose(slot.index);
    if (event.target.tagName !== "CANVAS") this.open(this.items[slot.index]);
  }
}
