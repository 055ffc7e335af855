// Keep or drop: a page of pictures, all kept unless dropped. Each drop is sent at once.
import { ask, complain, find, newKey, onKeys, ready, send, showEnd, showProgress } from "/page/room.js";

const grid = find("grid");
let page = null; // its number
let cells = []; // { id, button, verdict, was }: `was` is what the server knows
let undo = []; // cells in the order in which they were changed on this page
let sending = Promise.resolve();
let turning = false;

async function show(number) {
  const told = await ask("/api/keep" + (number === null ? "" : `?page=${number}`));
  if (!told) return;
  page = told.page;
  undo = [];
  showProgress(told);
  showEnd(told.images.length === 0, told.total, grid);
  grid.replaceChildren();
  cells = told.images.map(({ id, verdict }, place) => {
    const button = grid.appendChild(document.createElement("button"));
    const image = button.appendChild(new Image());
    const cell = { id, button, verdict: verdict ?? "keep", was: verdict };
    image.alt = `Picture ${place + 1}`;
    cell.tried = ready(image, `/pictures/${id}?size=small`).then((isSeen) => {
      if (isSeen || verdict) return;
      cell.verdict = "drop"; // nobody keeps what cannot be seen
      paint(cell);
    });
    button.addEventListener("click", () => toggle(cell));
    paint(cell);
    return cell;
  });
  cells[0]?.button.focus();
}

function paint(cell) {
  cell.button.classList.toggle("drop", cell.verdict === "drop");
  cell.button.classList.toggle("kept", cell.was === "keep" && cell.verdict === "keep");
  cell.button.setAttribute("aria-pressed", cell.verdict === "drop");
}

// Verdicts go out one after the other, so that the last one stands.
function tell(changed) {
  const verdicts = Object.fromEntries(changed.map((cell) => [cell.id, cell.verdict]));
  const key = newKey();
  sending = sending.then(async () => {
    if (await send("/api/keep", { key, verdicts })) {
      for (const cell of changed) cell.was = verdicts[cell.id];
    }
  });
  return sending;
}

function toggle(cell, remember = true) {
  if (!cell || turning) return;
  cell.verdict = cell.verdict === "drop" ? "keep" : "drop";
  if (remember) undo.push(cell);
  paint(cell);
  cell.button.focus();
  tell([cell]);
}

async function turn(action) {
  if (turning) return;
  turning = true;
  complain("");
  await action();
  turning = false;
}

const goOn = () => turn(async () => {
  await sending;
  await Promise.all(cells.map((cell) => cell.tried)); // nothing is kept unseen
  const rest = cells.filter((cell) => cell.was !== cell.verdict);
  if (rest.length) await tell(rest);
  if (cells.every((cell) => cell.was === cell.verdict)) await show(null);
});

const goBack = () => turn(async () => {
  await sending;
  if (page > 0) await show(page - 1);
});

const takeBack = () => (undo.length ? toggle(undo.pop(), false) : goBack());

function move(columns, rows) {
  const place = cells.findIndex(({ button }) => button === document.activeElement);
  const wide = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const next = Math.max(place, 0) + columns + rows * wide;
  cells[next]?.button.focus();
}

const here = () => cells.find(({ button }) => button === document.activeElement);
onKeys({
  ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0),
  ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1),
  " ": () => toggle(here()), d: () => toggle(here()), z: takeBack, Backspace: goBack, Enter: goOn,
});
find("undo").addEventListener("click", takeBack);
find("back").addEventListener("click", goBack);
find("next").addEventListener("click", goOn);
await show(null);
