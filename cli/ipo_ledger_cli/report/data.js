"use strict";
// What the page knows: decoded once, then asked for any moment. A moment is microseconds since 1970, UTC; the reader's
// own time zone is never used.

const DATA = JSON.parse(document.getElementById("data").textContent);
const text = (index) => (index < 0 ? null : DATA.strings[index]);
const NOBODY = -1, GONE = -2;

const TIMES = (() => {
  const times = new Float64Array(DATA.times.length);
  let at = 0;
  DATA.times.forEach((steps, place) => { at += steps; times[place] = DATA.zero + at * DATA.unit; });
  return times;
})();
const when = (index) => (index < 0 ? null : TIMES[index]);

const USERS = DATA.users.map(([name, full, numbers, places]) => ({ name: text(name), full: text(full), numbers, places }));
const EXTENSIONS = DATA.extensions.map(([id, place, label, seats, bases]) => (
  { id, place: text(place), label: text(label), seats, bases }));
const BATCHES = DATA.batches.map((b) => ({
  number: b[0], name: `B${b[0]}`, status: text(b[1]), live: b[2] === 1, title: text(b[3]), opened: when(b[4]), sent: when(b[5]),
  inForce: when(b[6]), settled: when(b[7]), actor: text(b[8]), reason: text(b[9]), ticket: text(b[10]), reverses: b[11],
  reversedBy: b[12], changes: b[13], pending: b[14].map(text), openedBy: b[15],
}));
const BATCH = new Map(BATCHES.map((batch, place) => [batch.number, place]));

// Points lie flat in an array, `stride` numbers each, the first of them the time.
function last(points, stride, at) {
  let low = -1, high = points.length / stride;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (TIMES[points[middle * stride]] <= at) low = middle; else high = middle;
  }
  return low;
}

function seatAt(extension, at) {
  const point = last(extension.seats, 4, at) * 4;
  return point < 0 ? null : { user: extension.seats[point + 1], since: TIMES[extension.seats[point]] };
}

function baseAt(extension, at) {
  const point = last(extension.bases, 3, at) * 3;
  return point < 0 ? null : text(extension.bases[point + 1]);
}

function numberAt(user, at) {
  const point = last(user.numbers, 2, at) * 2;
  return point < 0 ? null : text(user.numbers[point + 1]);
}

// Places say 1 for off the air, 0 for seated somewhere, -2 for not there.
function offSince(user, at) {
  const point = last(user.places, 3, at) * 3;
  return point < 0 || user.places[point + 1] !== 1 ? null : TIMES[user.places[point]];
}

const person = (user, at) => {
  const number = numberAt(user, at);
  return number === null ? user.name : `${user.name} (${number})`;
};

// --- clocks of the zone ---------------------------------------------------------------------------------------------

const MINUTE = 60e6, DAY = 86400e6;
const pad = (number, length = 2) => String(number).padStart(length, "0");

function clockAt(at) {
  let found = DATA.clocks[0];
  for (const clock of DATA.clocks) if (clock[0] <= at) found = clock;
  return found;
}

function offsetText(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  return `${seconds < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

// The clocks as they show a moment: as if it were UTC, in milliseconds.
const wallOf = (at) => Math.floor(at / 1000) + clockAt(at)[1] * 1000;

function wallText(at, joint = " ", fraction = false) {
  const wall = new Date(wallOf(at)), micros = ((at % 1e6) + 1e6) % 1e6;
  const day = `${wall.getUTCFullYear()}-${pad(wall.getUTCMonth() + 1)}-${pad(wall.getUTCDate())}`;
  let clock = `${pad(wall.getUTCHours())}:${pad(wall.getUTCMinutes())}`;
  if (wall.getUTCSeconds() !== 0 || (fraction && micros !== 0)) clock += `:${pad(wall.getUTCSeconds())}`;
  if (fraction && micros !== 0) clock += `.${pad(micros, 6)}`;
  return `${day}${joint}${clock}`;
}

const timeText = (at, fraction = false) => (at === null ? "" : wallText(at, " ", fraction) + offsetText(clockAt(at)[1]));

// The moment the clocks show a wall time: of two the first, of none the moment they are put forward.
function momentOf(wall) {
  for (let place = 0; place < DATA.clocks.length; place++) {
    const [from, offset] = DATA.clocks[place];
    const until = place + 1 < DATA.clocks.length ? DATA.clocks[place + 1][0] : Infinity;
    const at = (wall - offset * 1000) * 1000;
    if (at < from && place > 0) return from;
    if (at < until) return at;
  }
  return DATA.to;
}

const sameClockOn = (at, days) => momentOf(wallOf(at) + days * 86400e3) + (((at % 1000) + 1000) % 1000);

// --- what is looked for ---------------------------------------------------------------------------------------------

const folded = (value) => (value ?? "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const CHANGES = (() => {
  const found = new Set();
  for (const { seats, bases } of EXTENSIONS) {
    for (let p = 0; p < seats.length; p += 4) found.add(seats[p]);
    for (let p = 0; p < bases.length; p += 3) found.add(bases[p]);
  }
  for (const { places, numbers } of USERS) {
    for (let p = 0; p < places.length; p += 3) found.add(places[p]);
    for (let p = 0; p < numbers.length; p += 2) found.add(numbers[p]);
  }
  return [...found].map((index) => TIMES[index]).filter((at) => at >= DATA.from && at <= DATA.to).sort((a, b) => a - b);
})();

function strings(points, stride) {
  const found = new Set();
  for (let p = 1; p < points.length; p += stride) if (points[p] >= 0) found.add(text(points[p]));
  return [...found];
}

function placesIn(list, fits) {
  const found = new Set();
  list.forEach((each, place) => { if (fits(each, place)) found.add(place); });
  return found;
}

const hay = (parts) => parts.filter((part) => part !== null).map(folded).join("\n");
let HAY = null; // made when it is first needed

function haystacks() {
  HAY ??= {
    users: USERS.map((user) => hay([user.name, user.full, ...strings(user.numbers, 2)])),
    extensions: EXTENSIONS.map((x) => hay([`extension ${x.id}`, x.place, x.label, x.label && `@${x.label}`, ...strings(x.bases, 3)])),
    batches: BATCHES.map((b) => hay([b.name, b.title, b.reason, b.actor, b.ticket, b.status])),
  };
  return HAY;
}

// Which extensions, users and batches are meant: sets of their places, or null where nothing is looked for.
function meant(query) {
  const wanted = folded(query.trim());
  if (wanted === "") return null;
  const batch = /^(?:.+\/)?b(\d+)$/.exec(wanted);
  if (batch !== null && BATCH.has(Number(batch[1]))) {
    const it = BATCHES[BATCH.get(Number(batch[1]))], ids = new Set();
    for (let c = 0; c < it.changes.length; c += 3) ids.add(it.changes[c]);
    const numbers = [it.number, ...it.reverses, ...it.openedBy];
    return {
      extensions: placesIn(EXTENSIONS, (x) => ids.has(x.id)), users: new Set(),
      batches: new Set(numbers.filter((n) => BATCH.has(n)).map((n) => BATCH.get(n))),
    };
  }
  const hays = haystacks(), users = placesIn(USERS, (_, place) => hays.users[place].includes(wanted));
  const fits = (x, place) => {
    if (hays.extensions[place].includes(wanted)) return true;
    for (let p = 1; p < x.seats.length; p += 4) if (users.has(x.seats[p])) return true;
    return false;
  };
  const numbers = new Set([query.trim(), ...[...users].flatMap((place) => strings(USERS[place].numbers, 2))]);
  const touches = (b) => b.changes.some((value, place) => place % 3 !== 0 && numbers.has(text(value)));
  return {
    users,
    extensions: placesIn(EXTENSIONS, fits),
    batches: placesIn(BATCHES, (b, place) => hays.batches[place].includes(wanted) || touches(b)),
  };
}

// --- colours --------------------------------------------------------------------------------------------------------

// Of a name, not of a place in a list: the same person has the same colours in every report.
function hash(name) {
  let found = 0x811c9dc5;
  for (const character of name) found = Math.imul(found ^ character.codePointAt(0), 0x01000193) >>> 0;
  found = Math.imul(found ^ (found >>> 15), 0x2c1b3c6d) >>> 0;
  return (found ^ (found >>> 12)) >>> 0;
}

function colours(name, dark) {
  const mixed = hash(name), hue = mixed % 360, other = (mixed >>> 9) % 360, shade = (mixed >>> 18) % 3;
  return {
    fill: `hsl(${hue} ${55 + shade * 10}% ${dark ? 18 + shade * 3 : 88 - shade * 4}%)`,
    edge: `hsl(${other} 70% ${dark ? 65 : 38}%)`,
    ink: dark ? "#f4f5f7" : "#15171a",
  };
}
