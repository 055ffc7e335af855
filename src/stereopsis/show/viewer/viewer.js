// The page: unpacks the 3D photo, draws it whenever the view has changed, and listens.

const QUIET_AFTER = 2500; // milliseconds without a hand before the controls fade

const root = document.documentElement;
const element = (id) => document.getElementById(id);
const preference = matchMedia("(prefers-reduced-motion: reduce)");

async function start() {
  const canvas = element("photo");
  const scene = readGlb(Uint8Array.from(atob(element("glb").textContent), (c) => c.charCodeAt(0)));
  const bitmap = await createImageBitmap(scene.image);
  const gl = canvas.getContext("webgl2");
  if (!gl) {
    drawStill(canvas, scene, bitmap);
    return say("To look around in this photo, open it in a browser with WebGL 2.");
  }

  const view = createView(scene.camera, () => preference.matches);
  let painter = createPainter(gl, scene, bitmap);
  const rimGap = painter.rimGap();

  const paint = () => {
    if (!gl.isContextLost()) painter.draw(view.now, view.frame(rimGap));
  };
  const wake = onFrames((seconds) => {
    view.step(seconds);
    paint();
    return view.busy;
  });
  const fitScreen = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    view.resize({ width, height, ratio });
    paint();
  };

  fitScreen();
  view.begin(root.dataset.fit === "cover");
  paint();
  glow(canvas, view.frame(rimGap));

  new ResizeObserver(fitScreen).observe(canvas);
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => {
    painter = createPainter(gl, scene, bitmap);
    paint();
  });
  addEventListener("beforeprint", paint);
  connect(canvas, view, wake);

  const look = (x, y) => {
    view.lookAt(x, y);
    view.jump();
    paint();
  };
  window.stereopsis = { view: view.now, rimGap, look, paint };
  root.dataset.ready = "";
  wake();
}

/** Joins hands, buttons and keys to the view. */
function connect(canvas, view, wake) {
  const touched = () => {
    root.dataset.touched = "";
    wake();
  };
  const showMotion = () => element("motion").setAttribute("aria-pressed", view.moving);
  const toggleMotion = () => {
    view.moving = !view.moving;
    showMotion();
    wake();
  };
  const toggleFull = () =>
    document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.();
  const help = () => (element("keys").open ? element("keys").close() : element("keys").showModal());

  followPointers(canvas, view, touched);
  followKeys(view, { " ": toggleMotion, f: toggleFull, "?": help, h: help }, touched);
  if (!preference.matches) followTilt(element("tilt"), view, touched);
  preference.addEventListener("change", () => {
    view.moving = !preference.matches;
    showMotion();
    wake();
  });
  element("motion").addEventListener("click", toggleMotion);
  element("help").addEventListener("click", help);
  element("full").addEventListener("click", toggleFull);
  element("full").hidden = !document.fullscreenEnabled;
  showMotion();
  fadeControls();
}

/** A function that starts a run of frames; `step(seconds)` says whether another one is due. */
function onFrames(step) {
  let last = null; // null while nothing runs
  const tick = (time) => {
    const again = step(Math.min(0.05, Math.max(0, time - last) / 1000));
    last = again ? time : null;
    if (again) requestAnimationFrame(tick);
  };
  return () => {
    if (last !== null) return;
    last = performance.now();
    requestAnimationFrame(tick);
  };
}

/** Draws the photo flat, where there is no WebGL 2: it lies whole in the texture. */
function drawStill(canvas, { camera, photo_in_texture: [left, top, right, bottom] }, bitmap) {
  const scaleX = camera.width / (right - left);
  const scaleY = camera.height / (bottom - top);
  Object.assign(canvas, { width: camera.width, height: camera.height, className: "still" });
  canvas.getContext("2d").drawImage(bitmap, -left * scaleX, -top * scaleY, scaleX, scaleY);
}

/** Fills the screen behind the picture with the picture's own colours. */
function glow(canvas, { left, top, width, height }) {
  const backdrop = element("backdrop");
  const context = backdrop.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, left, top, width, height, 0, 0, backdrop.width, backdrop.height);
}

function fadeControls() {
  let timer;
  const show = () => {
    clearTimeout(timer);
    delete root.dataset.quiet;
    timer = setTimeout(() => (root.dataset.quiet = ""), QUIET_AFTER);
  };
  for (const event of ["pointermove", "pointerdown", "keydown"]) addEventListener(event, show);
  show();
}

function say(sentence) {
  element("message").textContent = sentence;
  element("message").hidden = false;
  element("bar").hidden = true;
  root.dataset.failed = "";
}

start().catch((error) => {
  console.error(error);
  say("This 3D photo is damaged and cannot be shown.");
});
