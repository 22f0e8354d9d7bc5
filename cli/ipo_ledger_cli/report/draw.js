// The bars: who sat where, over the time in view. Everything drawn here stands as text in the row as well.

const VIEW = { from: DATA.from, to: DATA.to, at: DATA.to, days: 0, dark: false, users: null };
const THEME = matchMedia("(prefers-color-scheme: dark)");
const PAINTS = new Map();
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let INK = {};

function themed() {
  VIEW.dark = THEME.matches;
  PAINTS.clear();
  INK = { ink: style("--ink"), dim: style("--dim"), line: style("--line"), accent: style("--accent") };
}

function paintOf(user) {
  if (!PAINTS.has(user)) PAINTS.set(user, colours(USERS[user].name, VIEW.dark));
  return PAINTS.get(user);
}

// Keep the moment in view; `days` 0 is the whole span.
function look() {
  const width = VIEW.days * DAY;
  if (width === 0 || width >= DATA.to - DATA.from) {
    [VIEW.from, VIEW.to] = [DATA.from, Math.max(DATA.to, DATA.from + 1)];
  } else if (VIEW.to - VIEW.from !== width || VIEW.at < VIEW.from || VIEW.at > VIEW.to) {
    VIEW.from = Math.max(DATA.from, Math.min(VIEW.at - width / 2, DATA.to - width));
    VIEW.to = VIEW.from + width;
  }
}

function canvasOf(canvas) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  const x = (at) => ((at - VIEW.from) / (VIEW.to - VIEW.from)) * width;
  return { pen, width, height, x };
}

// Call `each` with every stay in view: its place among the points, and where it begins and ends on the canvas.
function stays(points, stride, { width, x }, each) {
  let painted = -1;
  for (let place = Math.max(0, last(points, stride, VIEW.from)); place * stride < points.length; place++) {
    const begins = TIMES[points[place * stride]];
    if (begins > VIEW.to) return;
    const next = (place + 1) * stride;
    const left = Math.max(0, x(begins)), right = Math.min(width, next < points.length ? x(TIMES[points[next]]) : width);
    if (right - left < 0.75 && right <= painted) continue; // no more than what is painted there already
    painted = Math.max(left + 0.75, right);
    each(place * stride, left, painted);
  }
}

function bar({ pen, height }, user, left, right, words) {
  const paint = paintOf(user);
  pen.globalAlpha = VIEW.users !== null && !VIEW.users.has(user) ? 0.3 : 1;
  pen.fillStyle = paint.fill;
  pen.fillRect(left, 3, right - left, height - 6);
  pen.fillStyle = paint.edge;
  pen.fillRect(left, 3, Math.min(4, right - left), height - 6);
  label(pen, left, right, height, words, paint.ink);
  pen.globalAlpha = 1;
}

function label(pen, left, right, height, words, ink) {
  if (right - left < 28) return;
  pen.save();
  pen.beginPath();
  pen.rect(left + 6, 0, right - left - 8, height);
  pen.clip();
  pen.fillStyle = ink;
  pen.fillText(words, left + 8, height / 2);
  pen.restore();
}

function empty({ pen, height }, left, right, words) {
  pen.strokeStyle = INK.dim;
  pen.setLineDash([3, 3]);
  pen.strokeRect(left + 0.5, 5.5, Math.max(0.5, right - left - 1), height - 11);
  pen.setLineDash([]);
  label(pen, left, right, height, words, INK.dim);
}

function moment({ pen, height, x }) {
  pen.fillStyle = INK.accent;
  pen.fillRect(Math.round(x(VIEW.at)) - 1, 0, 2, height);
}

function drawExtension(canvas, { seats, bases }) {
  const on = canvasOf(canvas);
  stays(seats, 4, on, (point, left, right) => {
    const user = seats[point + 1];
    if (user === NOBODY) empty(on, left, right, "NoUser");
    else if (user !== GONE) bar(on, user, left, right, USERS[user].name);
  });
  stays(bases, 3, on, (point, left) => {
    if (bases[point + 2] > 0 && TIMES[bases[point]] >= VIEW.from) mark(on.pen, left, on.height);
  });
  moment(on);
}

function mark(pen, left, height) {
  pen.fillStyle = INK.ink;
  pen.beginPath();
  pen.moveTo(left, height - 8);
  pen.lineTo(left - 4, height);
  pen.lineTo(left + 4, height);
  pen.fill();
}

function drawOff(canvas, place) {
  const on = canvasOf(canvas), { places } = USERS[place];
  stays(places, 3, on, (point, left, right) => {
    if (places[point + 1] === 1) bar(on, place, left, right, "off the air");
  });
  moment(on);
}

// --- the axis: what the clocks of the zone show, and every batch that took effect -----------------------------------

const HOUR_MS = 3600e3;
const STEPS = [1, 3, 6, 12].map((hours) => ({ hours })).concat(
  [1, 2, 7, 14].map((days) => ({ days })), [1, 3, 6, 12, 24, 60, 120].map((months) => ({ months })));

function* ticks(step) {
  const first = new Date(wallOf(VIEW.from));
  let [year, month, day] = [first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()];
  if (step.months) { day = 1; month -= (year * 12 + month) % step.months; }
  for (let n = 0; n < 1000; n++) {
    const wall = step.months ? Date.UTC(year, month + n * step.months, 1)
      : Date.UTC(year, month, day) + n * (step.days ? step.days * 24 : step.hours) * HOUR_MS;
    const at = momentOf(wall);
    if (at > VIEW.to) return;
    if (at >= VIEW.from) yield [at, wallText(at)];
  }
}

function drawAxis(canvas) {
  const on = canvasOf(canvas), { pen, width, height, x } = on;
  const span = (step) => (step.hours ?? (step.days ? step.days * 24 : step.months * 730)) * 3600e6;
  const room = (VIEW.to - VIEW.from) / Math.max(1, width / 84);
  const step = STEPS.find((one) => span(one) >= room) ?? STEPS.at(-1);
  for (const [at, shown] of ticks(step)) {
    pen.fillStyle = INK.line;
    pen.fillRect(Math.round(x(at)), 0, 1, height);
    pen.fillStyle = INK.dim;
    pen.fillText(step.months ? shown.slice(0, 7) : step.days ? shown.slice(0, 10) : shown.slice(5), x(at) + 4, 9);
  }
  let painted = -9;
  for (const batch of ORDERED) {
    if (batch.inForce > VIEW.to) break;
    const place = x(batch.inForce);
    if (batch.inForce < VIEW.from || place - painted < 6) continue;
    painted = place;
    mark(pen, place, height);
  }
  moment(on);
}

const ORDERED = BATCHES.filter((batch) => batch.inForce !== null).sort((a, b) => a.inForce - b.inForce);
const momentUnder = (canvas, event) => VIEW.from + (event.offsetX / Math.max(1, canvas.clientWidth)) * (VIEW.to - VIEW.from);
