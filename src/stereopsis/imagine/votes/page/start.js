// Who votes, and on which page.
import { ask, find, onKeys, send } from "/page/room.js";

const links = [...document.querySelectorAll("nav a")];

async function show() {
  const told = await ask("/api/start");
  const known = Boolean(told?.voter);
  find("enter").hidden = known;
  find("who").hidden = find("rooms").hidden = !known;
  if (!known) {
    find("name").focus();
    return;
  }
  find("voter").textContent = told.voter;
  for (const link of links) {
    const [done, total] = told.rooms[link.pathname.slice(1)];
    link.querySelector("i").textContent = total ? `${done} of ${total}` : "nothing yet";
    link.classList.toggle("empty", !total);
  }
  links[0].focus();
}

find("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await send("/api/enter", { name: find("name").value })) await show();
});

function leave() {
  find("enter").hidden = false;
  find("who").hidden = find("rooms").hidden = true;
  find("name").value = "";
  find("name").focus();
}

find("leave").addEventListener("click", leave);
const entered = (action) => () => find("rooms").hidden || action();
const step = (by) => entered(() => {
  const place = links.indexOf(document.activeElement);
  links[(place + by + links.length) % links.length].focus();
});
onKeys({
  ...Object.fromEntries(links.map((link, place) => [String(place + 1), entered(() => link.click())])),
  ArrowDown: step(1), ArrowUp: step(-1), n: entered(leave),
});
await show();
