// Hands: mouse, touch, wheel, keyboard and the tilt of the device.

const KEY_STEP = 0.2; // of the cone's radius
const KEY_ZOOM = 1.25;
const TILT_RANGE = 0.25; // sine of the tilt that reaches the rim: about 15 degrees
const TILT_NOISE = 0.004; // sine of a tilt that is none: a quarter of a degree

/** Lets pointers on the canvas look around (one) and zoom (two, or the wheel). */
function followPointers(canvas, view, touched) {
  const pointers = new Map();
  const middle = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };
  const spread = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, middle(event));
    touched();
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const after = middle(event);
    const spreadBefore = pointers.size === 2 && spread([...pointers.values()]);
    pointers.set(event.pointerId, after);
    const share = 1 / pointers.size; // two fingers that move together move as one
    view.drag(share * (after[0] - before[0]), share * (after[1] - before[1]));
    if (spreadBefore) {
      const [a, b] = [...pointers.values()];
      view.zoomBy(spread([a, b]) / spreadBefore, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
    }
    touched();
  });
  canvas.addEventListener("lostpointercapture", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("dblclick", () => {
    view.cover();
    touched();
  });
  const zoom = (event) => {
    event.preventDefault();
    const speed = event.ctrlKey ? 0.01 : 0.0015; // a pinch on a trackpad comes as small ctrl-wheels
    const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
    view.zoomBy(Math.exp(-speed * pixels), ...middle(event));
    touched();
  };
  canvas.addEventListener("wheel", zoom, { passive: false });
}

/** Lets keys do what the help says; `actions` are those that are not the view's. */
function followKeys(view, actions, touched) {
  const keys = {
    __proto__: null,
    ArrowLeft: () => view.look(-KEY_STEP, 0),
    ArrowRight: () => view.look(KEY_STEP, 0),
    ArrowUp: () => view.look(0, -KEY_STEP),
    ArrowDown: () => view.look(0, KEY_STEP),
    "+": () => view.zoomBy(KEY_ZOOM),
    "=": () => view.zoomBy(KEY_ZOOM),
    "-": () => view.zoomBy(1 / KEY_ZOOM),
    0: view.reset,
    r: view.reset,
    c: () => view.cover(),
    ...actions,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("button, dialog") && /^( |Enter)$/.test(event.key)) return;
    const key = event.key.length > 1 ? event.key : event.key.toLowerCase();
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
    touched();
  });
}

/** Lets the tilt of a phone look around; `button` asks for leave where the browser wants that. */
function followTilt(button, view, touched) {
  let toViewer = null; // out of the screen as it was, in the world: there the viewer is
  addEventListener("deviceorientation", (event) => {
    if (event.beta === null) return;
    button.hidden = true;
    const [right, up, out] = deviceAxes(event);
    toViewer = toViewer || out;
    const [x, y] = onScreen(dot(right, toViewer), dot(up, toViewer));
    if (Math.hypot(x, y) < TILT_NOISE) return;
    view.look(x / TILT_RANGE, -y / TILT_RANGE);
    toViewer = out;
    touched();
  });
  const mustAsk = globalThis.DeviceOrientationEvent?.requestPermission;
  button.hidden = !mustAsk || !matchMedia("(pointer: coarse)").matches;
  button.addEventListener("click", () => {
    button.hidden = true;
    DeviceOrientationEvent.requestPermission().catch(() => {}); // a no leaves everything else
  });
}

/** The device's own axes in the world: to its right, to its top, out of its screen.
 *
 * Source: W3C, Device Orientation and Motion, section "Worked example" (Z-X'-Y'' angles).
 */
function deviceAxes({ alpha, beta, gamma }) {
  const [a, b, g] = [alpha ?? 0, beta, gamma].map((degrees) => (degrees * Math.PI) / 180);
  const [cA, sA, cB, sB, cG, sG] = [a, b, g].flatMap((angle) => [Math.cos(angle), Math.sin(angle)]);
  return [
    [cA * cG - sA * sB * sG, sA * cG + cA * sB * sG, -cB * sG],
    [-sA * cB, cA * cB, sB],
    [cA * sG + sA * sB * cG, sA * sG - cA * sB * cG, cB * cG],
  ];
}

/** A direction on the device, turned with what the screen shows (portrait, landscape). */
function onScreen(x, y) {
  const angle = ((globalThis.screen?.orientation?.angle ?? 0) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos * x - sin * y, sin * x + cos * y];
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
