// Draws the scene with WebGL 2, as seen from an eye that looks through the photo as a window.

const VERTEX_SHADER = `#version 300 es
uniform mat4 T_clip_from_stored;
layout(location = 0) in vec3 position;
layout(location = 1) in vec2 texcoord;
layout(location = 2) in vec4 color;
out vec2 uv;
out float coverage;
void main() {
  uv = texcoord;
  coverage = color.a;
  gl_Position = T_clip_from_stored * vec4(position, 1.0);
}`;

const FRAGMENT_SHADER = `#version 300 es
precision highp float;
uniform sampler2D picture;
in vec2 uv;
in float coverage;
out vec4 color;
void main() { color = vec4(texture(picture, uv).rgb, coverage); }`;

const COARSEST_MIPMAP = 3; // beyond it, charts that lie side by side in the texture run together
const ANISOTROPY = 4;
const RIM_VIEWS = 12;
const RIM_PIXELS = 256;
const LARGEST_GAP = 0.12; // of the picture; a wider one is a hole of the mesh, not its border

/** The projection through the window, onto the part `crop` of the picture; rows of a 4x4 matrix.
 *
 * The eye stands at (eyeX, eyeY, 0) beside the photo's camera. The plane at the window's depth
 * keeps its place in the picture, so a point lands at the pixel
 *     focal * (X - eyeX) / Z + focal * eyeX / windowDepth + center.
 * Depth runs from `near` to infinity.
 */
function projection({ focal_px, center_px }, windowDepth, near, eyeX, eyeY, crop) {
  const [a, b] = [2 / crop.width, -1 - (2 * crop.left) / crop.width];
  const [c, d] = [-2 / crop.height, 1 + (2 * crop.top) / crop.height];
  const x = (focal_px * eyeX) / windowDepth + center_px[0];
  const y = (focal_px * eyeY) / windowDepth + center_px[1];
  return [
    a * focal_px, 0, a * x + b, -a * focal_px * eyeX,
    0, c * focal_px, c * y + d, -c * focal_px * eyeY,
    0, 0, 1, -2 * near,
    0, 0, 1, 0,
  ];
}

/** Puts the scene on the graphics card; `draw` paints a view, `rimGap` measures the mesh's border. */
function createPainter(gl, scene, bitmap) {
  const { camera, cone, T_camera_from_stored } = scene;
  const program = link(gl);
  const matrix = gl.getUniformLocation(program, "T_clip_from_stored");
  const near = nearestDepth(scene) / 2;
  const arrays = scene.parts.map((part) => uploadTriangles(gl, part));
  uploadPicture(gl, bitmap);
  gl.useProgram(program);
  gl.enable(gl.DEPTH_TEST);
  gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  /** Paints what an eye at (x, y) in the unit disk sees into the frame; the rest stays clear. */
  function draw({ x, y }, { left, top, width, height, crop }) {
    const [eyeX, eyeY] = [x * cone.radius, y * cone.radius];
    const lens = projection(camera, cone.window_depth, near, eyeX, eyeY, crop);
    gl.viewport(left, gl.drawingBufferHeight - top - height, width, height);
    gl.uniformMatrix4fv(matrix, true, multiply(lens, T_camera_from_stored));
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    scene.parts.forEach(({ indices, color }, i) => {
      gl.bindVertexArray(arrays[i]);
      if (color) gl.enable(gl.BLEND);
      gl.depthMask(!color); // a fringe hides nothing
      gl.drawElements(gl.TRIANGLES, indices.count, indices.componentType, 0);
    });
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }

  /** How far, as a share of the picture, the border of the mesh enters it at the rim of the cone.
   * Uses the canvas as scratch paper and leaves it small. */
  function rimGap() {
    const { canvas } = gl;
    const { width, height } = camera;
    const scale = RIM_PIXELS / Math.max(width, height);
    canvas.width = Math.ceil(width * scale);
    canvas.height = Math.ceil(height * scale);
    const frame = { left: 0, top: 0, width: canvas.width, height: canvas.height };
    frame.crop = { left: 0, top: 0, width, height };
    const seen = new Uint8Array(4 * frame.width * frame.height);
    let gap = 0;
    for (let i = 0; i < RIM_VIEWS; i++) {
      const angle = (2 * Math.PI * i) / RIM_VIEWS;
      draw({ x: Math.cos(angle), y: Math.sin(angle) }, frame);
      gl.readPixels(0, 0, frame.width, frame.height, gl.RGBA, gl.UNSIGNED_BYTE, seen);
      gap = Math.max(gap, borderGap(seen, frame.width, frame.height));
    }
    return gap;
  }

  return { draw, rimGap };
}

/** The longest run of uncovered pixels from any border, as a share of the picture's side. */
function borderGap(rgba, width, height) {
  let gap = 0;
  const follow = (start, step, length) => {
    let run = 0;
    while (run < length && rgba[4 * (start + run * step) + 3] < 255) run++;
    if (run / length <= LARGEST_GAP) gap = Math.max(gap, run / length);
  };
  for (let y = 0; y < height; y++) {
    follow(y * width, 1, width);
    follow((y + 1) * width - 1, -1, width);
  }
  for (let x = 0; x < width; x++) {
    follow(x, width, height);
    follow(x + (height - 1) * width, -width, height);
  }
  return gap;
}

/** The depth, seen from the photo's camera, of the nearest corner of the box around the mesh. */
function nearestDepth({ parts, T_camera_from_stored: rows }) {
  const { min, max, normalized } = parts[0].position;
  const unit = normalized ? 65535 : 1;
  let depth = rows[11];
  for (let axis = 0; axis < 3; axis++)
    depth += Math.min((rows[8 + axis] * min[axis]) / unit, (rows[8 + axis] * max[axis]) / unit);
  return Math.max(depth, 1e-6);
}

function link(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(gl.getProgramInfoLog(program));
  return program;
}

/** Puts a part's triangles on the graphics card, and says how to draw them. */
function uploadTriangles(gl, { position, texcoord, color, indices }) {
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  [position, texcoord, color].forEach((attribute, location) => {
    if (!attribute) return;
    const { bytes, componentType, normalized, stride, byteOffset } = attribute;
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(location); // what has no colours is opaque
    gl.vertexAttribPointer(location, [3, 2, 4][location], componentType, normalized, stride, byteOffset);
  });
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices.bytes, gl.STATIC_DRAW);
  return array;
}

/** The picture, or a smaller one where the graphics card takes none so large. */
function fitting(bitmap, most) {
  if (Math.max(bitmap.width, bitmap.height) <= most) return bitmap;
  const smaller = document.createElement("canvas");
  smaller.width = Math.min(bitmap.width, most); // each side alone: places in it are shares of it
  smaller.height = Math.min(bitmap.height, most);
  smaller.getContext("2d").drawImage(bitmap, 0, 0, smaller.width, smaller.height);
  return smaller;
}

function uploadPicture(gl, bitmap) {
  const flat = gl.TEXTURE_2D;
  const picture = fitting(bitmap, gl.getParameter(gl.MAX_TEXTURE_SIZE));
  gl.bindTexture(flat, gl.createTexture());
  gl.texImage2D(flat, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
  gl.texParameteri(flat, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(flat, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texParameteri(flat, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(flat, gl.TEXTURE_MAX_LEVEL, COARSEST_MIPMAP);
  gl.generateMipmap(flat);
  const sharp = gl.getExtension("EXT_texture_filter_anisotropic");
  if (sharp) gl.texParameteri(flat, sharp.TEXTURE_MAX_ANISOTROPY_EXT, ANISOTROPY);
}
