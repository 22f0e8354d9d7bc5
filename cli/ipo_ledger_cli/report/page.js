// The page: its controls, its lists, what stands in a row, what is printed.

const find = (id) => document.getElementById(id);
const [SLIDER, EXACT, SEARCH, DETAILS] = ["slider", "exact", "search", "details"].map(find);
const WORDS = { vacant: "NoUser", gone: "not there", off: "off the air" };
const SEATED_AT = new Int32Array(USERS.length); // the place of the extension each user is at, at the moment
const EVER_OFF = placesIn(USERS, ({ places }) => places.some((state, place) => place % 3 === 1 && state === 1));
let WANTED = null;

const bdi = (content) => make("bdi", "", content);

function button(words, act) {
  const made = make("button", "", words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function table(caption, titles, rows) {
  const made = make("table"), box = make("div", "scroll");
  made.append(make("caption", "", caption), make("thead"), make("tbody"));
  const head = made.tHead.insertRow();
  for (const title of titles) {
    const cell = head.appendChild(make("th", "", title));
    cell.scope = "col";
  }
  for (const row of rows) {
    const line = made.tBodies[0].insertRow();
    for (const cell of row) line.insertCell().append(cell ?? "");
  }
  box.append(made);
  return box;
}

// --- the seating ----------------------------------------------------------------------------------------------------

function seatingRow(element) {
  const what = element.appendChild(make("span", "what")), base = element.appendChild(make("span", "base"));
  const who = element.appendChild(make("span", "who")), canvas = element.appendChild(make("canvas", "bars"));
  what.setAttribute("role", "rowheader");
  for (const cell of [base, who]) cell.setAttribute("role", "gridcell");
  canvas.setAttribute("aria-hidden", "true");
  const cells = { canvas, item: 0 };
  cells.name = what.appendChild(bdi(""));
  cells.more = what.appendChild(make("small"));
  cells.base = base.appendChild(bdi(""));
  cells.swatch = who.appendChild(make("span", "swatch"));
  cells.who = who.appendChild(bdi(""));
  cells.since = who.appendChild(make("small"));
  canvas.addEventListener("mousemove", (event) => { canvas.title = told(cells.item, momentUnder(canvas, event)); });
  canvas.addEventListener("click", (event) => setMoment(momentUnder(canvas, event)));
  return cells;
}

function drawSeating(cells, item) {
  cells.item = item;
  const shown = item >= 0 ? extensionRow(item) : userRow(-1 - item);
  cells.name.textContent = shown.name;
  cells.more.textContent = shown.more;
  cells.base.textContent = shown.base;
  cells.who.textContent = shown.who;
  cells.since.textContent = shown.since === null ? "" : `since ${timeText(shown.since)}`;
  cells.swatch.classList.toggle("empty", shown.user === null);
  cells.swatch.style.backgroundColor = shown.user === null ? "transparent" : paintOf(shown.user).fill;
  cells.swatch.style.borderColor = shown.user === null ? "" : paintOf(shown.user).edge;
  if (item >= 0) drawExtension(cells.canvas, EXTENSIONS[item]); else drawOff(cells.canvas, -1 - item);
  return [shown.name, shown.more, shown.base && `base ${shown.base}`, shown.who, cells.since.textContent].filter(Boolean).join(", ");
}

function extensionRow(place) {
  const extension = EXTENSIONS[place], seat = seatAt(extension, VIEW.at);
  const there = seat !== null && seat.user !== GONE;
  const user = there && seat.user !== NOBODY ? seat.user : null;
  return {
    name: `${extension.id}`,
    more: [extension.place, extension.label].filter(Boolean).join(", "),
    base: there ? baseAt(extension, VIEW.at) ?? "blank" : "",
    who: user !== null ? person(USERS[user], VIEW.at) : there ? WORDS.vacant : WORDS.gone,
    since: there ? seat.since : null,
    user,
  };
}

function userRow(place) {
  const user = USERS[place], off = offSince(user, VIEW.at), at = SEATED_AT[place];
  return {
    name: person(user, VIEW.at), more: user.full ?? "", base: "", user: place,
    who: off !== null ? WORDS.off : at >= 0 ? `at extension ${EXTENSIONS[at].id}` : WORDS.gone, since: off,
  };
}

function told(item, at) {
  if (item < 0) return `${USERS[-1 - item].name}: ${timeText(at)}`;
  const { seats, bases } = EXTENSIONS[item], point = last(seats, 4, at) * 4;
  if (point < 0 || seats[point + 1] === GONE) return timeText(at);
  const next = point + 4 < seats.length ? timeText(TIMES[seats[point + 4]]) : "still";
  const who = seats[point + 1] === NOBODY ? WORDS.vacant : person(USERS[seats[point + 1]], at);
  const lines = [`${who}: ${timeText(TIMES[seats[point]])} to ${next} (${text(seats[point + 2])})`];
  const base = last(bases, 3, at) * 3;
  for (const number of new Set([seats[point + 3], base < 0 ? 0 : bases[base + 2]])) {
    if (BATCH.has(number)) lines.push(batchLine(BATCHES[BATCH.get(number)]));
  }
  return lines.join("\n");
}

const SEATING = new List(find("seating"), { row: seatingRow, draw: drawSeating, open: openSeating, side: goInRow });

function goInRow(item, way) {
  const { seats, bases } = item >= 0 ? EXTENSIONS[item] : { seats: [], bases: USERS[-1 - item].places };
  const times = new Set();
  for (let p = 0; p < seats.length; p += 4) times.add(TIMES[seats[p]]);
  for (let p = 0; p < bases.length; p += 3) times.add(TIMES[bases[p]]);
  goTo([...times].filter((at) => at >= DATA.from).sort((a, b) => a - b), way);
}

function goTo(times, way) {
  const found = way > 0 ? times.find((at) => at > VIEW.at) : times.findLast((at) => at < VIEW.at);
  if (found !== undefined) setMoment(found);
}

function staysOf({ seats }) {
  const rows = [];
  for (let p = 0; p < seats.length; p += 4) {
    if (seats[p + 1] === GONE) continue;
    const begins = TIMES[seats[p]], ends = p + 4 < seats.length ? TIMES[seats[p + 4]] : null;
    const user = seats[p + 1] === NOBODY ? null : USERS[seats[p + 1]];
    rows.push({
      begins, ends, name: user?.name ?? WORDS.vacant, number: user === null ? "" : numberAt(user, ends === null ? DATA.to : ends - 1) ?? "",
      why: text(seats[p + 2]), batch: seats[p + 3] > 0 ? `B${seats[p + 3]}` : "",
    });
  }
  return rows;
}

function openSeating(item) {
  if (item < 0) { setSearch(USERS[-1 - item].name); return; }
  const extension = EXTENSIONS[item], shown = extensionRow(item), bases = [];
  for (let p = 0; p < extension.bases.length; p += 3) {
    const batch = extension.bases[p + 2];
    bases.push([timeText(TIMES[extension.bases[p]]), text(extension.bases[p + 1]) ?? "blank", batch > 0 ? `B${batch}` : ""]);
  }
  open(`Extension ${shown.name}${shown.more && `, ${shown.more}`}`, [
    facts([[timeText(VIEW.at, true), `${shown.who}, base extension ${shown.base || "none"}`]]),
    ...some("Who was there", ["from", "to", "who", "number", "why", "batch"], staysOf(extension).map((stay) => [
      stay.begins < DATA.from ? timeText(stay.begins) : button(timeText(stay.begins), () => { DETAILS.close(); setMoment(stay.begins); }),
      stay.ends === null ? "still" : timeText(stay.ends), bdi(stay.name), bdi(stay.number), stay.why, stay.batch])),
    ...some("Base extension in force", ["from", "base", "batch"], bases),
  ]);
}

// --- the batches ----------------------------------------------------------------------------------------------------

const names = (numbers) => numbers.map((number) => `B${number}`).join(", ");

function stateOf(batch) {
  if (batch.inForce === null) return batch.status === "sent" ? "sent, waits for the restart" : batch.status;
  if (batch.live && batch.reversedBy.length) return `${batch.status}, live in part: ${names(batch.reversedBy)} took some back`;
  return `${batch.status}, ${batch.live ? "live" : `reversed by ${names(batch.reversedBy)}`}`;
}

const batchLine = (batch) => [
  `${batch.name} ${batch.title}`, stateOf(batch), batch.reason, `by ${batch.actor}`, batch.ticket && `ticket ${batch.ticket}`,
  batch.reverses.length ? `reverses ${names(batch.reverses)}` : null].filter(Boolean).join("; ");
const timeOf = (batch) => batch.inForce ?? batch.sent ?? batch.opened;

function batchRow(element) {
  const cells = {};
  for (const name of ["name", "state", "title", "when", "why"]) {
    const cell = element.appendChild(make("span", name));
    cell.setAttribute("role", name === "name" ? "rowheader" : "gridcell");
    cells[name] = cell.appendChild(bdi(""));
  }
  return cells;
}

function drawBatch(cells, item) {
  const batch = BATCHES[item], reverses = batch.reverses.length ? `reverses ${names(batch.reverses)}; ` : "";
  cells.name.textContent = batch.name;
  cells.state.textContent = stateOf(batch);
  cells.state.classList.toggle("bad", batch.inForce !== null && !batch.live);
  cells.title.textContent = batch.title;
  cells.when.textContent = timeText(timeOf(batch));
  cells.why.textContent = `${reverses}${batch.reason ? `${batch.reason}; ` : ""}by ${batch.actor}`;
  return `${batchLine(batch)}; ${cells.when.textContent}`;
}

const LISTED = new List(find("batches"), { row: batchRow, draw: drawBatch, open: openBatch });

function openBatch(item) {
  const batch = BATCHES[item], changes = [], links = make("p", "buttons");
  for (let c = 0; c < batch.changes.length; c += 3) {
    changes.push([`${batch.changes[c]}`, text(batch.changes[c + 1]) ?? "blank", text(batch.changes[c + 2]) ?? "blank"]);
  }
  const at = timeOf(batch);
  if (at >= DATA.from && at <= DATA.to) links.append(button("Show that moment", () => { DETAILS.close(); setMoment(at); }));
  links.append(" ", button("Show its extensions", () => { DETAILS.close(); setSearch(batch.name); }));
  for (const number of [...batch.reverses, ...batch.openedBy].filter((n) => BATCH.has(n))) {
    links.append(" ", button(`Open B${number}`, () => openBatch(BATCH.get(number))));
  }
  open(`${batch.name}: ${batch.title}`, [
    facts([
      ["state", stateOf(batch)], ["reason", batch.reason], ["by", batch.actor], ["ticket", batch.ticket],
      ["reverses", names(batch.reverses)], ["opened to reverse it", names(batch.openedBy)], ["opened", timeText(batch.opened)],
      ["sent", timeText(batch.sent)], ["in force", timeText(batch.inForce)], ["settled", timeText(batch.settled)],
    ]),
    links, ...waitsFor(batch), ...some("Its changes", ["extension", "old base", "new base"], changes),
  ]);
}

function waitsFor(batch) {
  if (batch.pending.length === 0) return [];
  const list = make("ul");
  for (const line of batch.pending) list.append(make("li", "", line));
  return [make("h3", "", "It waits for"), list];
}

// --- what is opened -------------------------------------------------------------------------------------------------

const AT_ONCE = 300; // lines of a table, until more are asked for

function some(caption, titles, rows) {
  if (rows.length <= AT_ONCE) return [table(caption, titles, rows)];
  const box = table(`${caption} (the last ${AT_ONCE} of ${rows.length})`, titles, rows.slice(-AT_ONCE));
  const more = button(`Show all ${rows.length}`, () => { box.replaceWith(table(caption, titles, rows)); more.remove(); });
  return [box, more];
}

function facts(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) if (value) list.append(make("dt", "", name), make("dd", "", value));
  return list;
}

function open(title, parts) {
  find("details-title").textContent = title;
  find("details-text").replaceChildren(...parts);
  if (!DETAILS.open) DETAILS.showModal();
  DETAILS.scrollTop = 0;
}

// --- the moment, and what is looked for -----------------------------------------------------------------------------

const seconds = (at) => Math.floor((at - DATA.from) / 1e6);
const offNow = () => USERS.map((user, place) => place).filter((place) => offSince(USERS[place], VIEW.at) !== null);
let FRAME = 0;

function setMoment(at) {
  VIEW.at = Math.max(DATA.from, Math.min(Math.round(at), DATA.to));
  look();
  const shown = timeText(VIEW.at, true);
  SLIDER.value = VIEW.at === DATA.to ? SLIDER.max : seconds(VIEW.at);
  SLIDER.setAttribute("aria-valuetext", shown);
  find("moment").textContent = shown;
  EXACT.value = wallText(VIEW.at, "T").padEnd(19, ":00").slice(0, 19);
  FRAME ||= requestAnimationFrame(() => { FRAME = 0; refresh(); });
}

function refresh() {
  SEATED_AT.fill(-1);
  let there = 0, seated = 0;
  EXTENSIONS.forEach((extension, place) => {
    const seat = seatAt(extension, VIEW.at);
    if (seat === null || seat.user === GONE) return;
    there += 1;
    if (seat.user === NOBODY) return;
    seated += 1;
    SEATED_AT[seat.user] = place;
  });
  const off = offNow();
  find("summary").textContent = `${timeText(VIEW.at, true)}: ${there} extensions, ${seated} with somebody, ${there - seated} vacant; ${off.length} off the air`;
  find("off").replaceChildren(...listed(off, 60));
  SEATING.paint(true);
  drawAxis(document.querySelector("#seating-head canvas"));
}

function listed(places, most) {
  if (places.length === 0) return ["Nobody."];
  const parts = places.slice(0, most).flatMap((place, n) => {
    const name = bdi(person(USERS[place], VIEW.at));
    name.style.borderColor = paintOf(place).edge;
    name.title = `since ${timeText(offSince(USERS[place], VIEW.at))}`;
    return n === 0 ? [name] : [", ", name];
  });
  return places.length > most ? [...parts, ` and ${places.length - most} more: see the rows below the extensions.`] : parts;
}

function setSearch(words) {
  SEARCH.value = words;
  search();
  SEARCH.focus();
}

function search() {
  WANTED = meant(SEARCH.value);
  VIEW.users = WANTED !== null && WANTED.users.size > 0 ? WANTED.users : null;
  const extensions = [...EXTENSIONS.keys()].filter((place) => WANTED === null || WANTED.extensions.has(place));
  const people = [...EVER_OFF].filter((place) => WANTED === null || WANTED.users.has(place));
  const batches = [...BATCHES.keys()].filter((place) => WANTED === null || WANTED.batches.has(place)).reverse();
  SEATING.show([...extensions, ...people.map((place) => -1 - place)]);
  LISTED.show(batches);
  find("seating").dataset.empty = find("batches").dataset.empty = WANTED === null ? "None." : "Nothing fits.";
  find("found").textContent = WANTED === null ? "" :
    `${extensions.length} of ${EXTENSIONS.length} extensions, ${WANTED.users.size} of ${USERS.length} people, ${batches.length} of ${BATCHES.length} batches`;
}

function slide(event) {
  const goes = {
    ArrowLeft: () => sameClockOn(VIEW.at, -1), ArrowDown: () => sameClockOn(VIEW.at, -1),
    ArrowRight: () => sameClockOn(VIEW.at, 1), ArrowUp: () => sameClockOn(VIEW.at, 1),
    PageDown: () => sameClockOn(VIEW.at, -28), PageUp: () => sameClockOn(VIEW.at, 28), Home: () => DATA.from, End: () => DATA.to,
  };
  if (!(event.key in goes) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  setMoment(goes[event.key]());
}

// --- on paper: tables of all there is, made when they are needed ------------------------------------------------------

const MOST_PRINTED = 5000;

function print() {
  const parts = [make("p", "", `At ${timeText(VIEW.at, true)}`), table("Who sits where",
    ["extension", "place, label", "base", "who", "since"], SEATING.items.filter((item) => item >= 0).map((item) => {
      const row = extensionRow(item);
      return [row.name, bdi(row.more), bdi(row.base), bdi(row.who), timeText(row.since)];
    }))];
  const off = make("p");
  off.append("Off the air: ", ...listed(offNow(), Infinity));
  parts.push(off);
  if (WANTED !== null) {
    const rows = SEATING.items.filter((item) => item >= 0).flatMap((item) => staysOf(EXTENSIONS[item]).map((stay) => [
      `${EXTENSIONS[item].id}`, timeText(stay.begins), stay.ends === null ? "still" : timeText(stay.ends), bdi(stay.name), bdi(stay.number), stay.why, stay.batch]));
    const caption = `The seating over time, of what was searched for: ${SEARCH.value}`;
    parts.push(table(rows.length > MOST_PRINTED ? `${caption} (the first ${MOST_PRINTED} lines)` : caption,
      ["extension", "from", "to", "who", "number", "why", "batch"], rows.slice(0, MOST_PRINTED)));
  } else {
    parts.push(make("p", "note", "Search for a person or an extension before printing to have its seating over time printed as well."));
  }
  parts.push(table("Batches", ["batch", "state", "title", "time", "reason", "by", "reverses"], LISTED.items.map((item) => {
    const batch = BATCHES[item];
    return [batch.name, stateOf(batch), bdi(batch.title), timeText(timeOf(batch)), bdi(batch.reason ?? ""), bdi(batch.actor), names(batch.reverses)];
  })));
  const waiting = BATCHES.filter((batch) => batch.pending.length).flatMap((batch) => batch.pending.map((line) => [batch.name, bdi(line)]));
  if (waiting.length) parts.push(table("Still pending", ["batch", "waits for"], waiting));
  find("print").replaceChildren(...parts);
}

const unprint = () => find("print").replaceChildren();

function pending() {
  const waiting = BATCHES.filter((batch) => batch.inForce === null ? ["draft", "sent"].includes(batch.status) : batch.pending.length > 0);
  const list = make("ul");
  for (const batch of waiting.slice(0, 100)) {
    const line = list.appendChild(make("li"));
    line.append(button(batch.name, () => openBatch(BATCH.get(batch.number))), " ", bdi(`${stateOf(batch)}: ${batch.title}`));
    if (batch.pending.length) {
      const more = line.appendChild(make("ul"));
      for (const each of batch.pending.slice(0, 20)) more.append(make("li", "", each));
      if (batch.pending.length > 20) more.append(make("li", "", `and ${batch.pending.length - 20} more`));
    }
  }
  if (waiting.length > 100) list.append(make("li", "", `and ${waiting.length - 100} more batches`));
  find("pending").replaceChildren(waiting.length ? list : make("p", "", "Nothing: no draft, and nobody has to do anything."));
}

function begin() {
  themed();
  find("live").hidden = false;
  SLIDER.max = Math.max(1, Math.ceil((DATA.to - DATA.from) / 1e6));
  find("controls").addEventListener("submit", (event) => event.preventDefault());
  SLIDER.addEventListener("input", () => setMoment(SLIDER.value === SLIDER.max ? DATA.to : DATA.from + Number(SLIDER.value) * 1e6));
  SLIDER.addEventListener("keydown", slide);
  EXACT.addEventListener("change", () => { if (EXACT.value) setMoment(momentOf(Date.parse(`${EXACT.value}Z`))); });
  find("before").addEventListener("click", () => goTo(CHANGES, -1));
  find("after").addEventListener("click", () => goTo(CHANGES, 1));
  SEARCH.addEventListener("input", search);
  find("zoom").addEventListener("change", (event) => { VIEW.days = Number(event.target.value); setMoment(VIEW.at); });
  THEME.addEventListener("change", () => { themed(); refresh(); });
  addEventListener("resize", () => refresh());
  addEventListener("beforeprint", print);
  addEventListener("afterprint", unprint);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? print() : unprint()));
  setMoment(DATA.to);
  search();
  pending();
}

begin();
