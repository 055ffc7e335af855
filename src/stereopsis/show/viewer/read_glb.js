// A .glb that stereopsis wrote, taken apart: bytes and their layout, ready for the graphics card.

const KNOWN_EXTENSIONS = ["KHR_mesh_quantization", "EXT_texture_webp"];

/** What the page needs of the file, or an exception where the file is not what it should be. */
function readGlb(bytes) {
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const jsonLength = numbers.getUint32(12, true);
  const gltf = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + jsonLength)));
  const binary = bytes.subarray(20 + jsonLength + 8);
  const unknown = gltf.extensionsRequired?.find((name) => !KNOWN_EXTENSIONS.includes(name));
  if (unknown) throw new Error(`This page cannot read ${unknown}.`);

  const viewBytes = (index) => {
    const { byteOffset, byteLength } = gltf.bufferViews[index];
    return binary.subarray(byteOffset, byteOffset + byteLength);
  };
  const accessor = (index) => {
    const { bufferView, byteOffset = 0, normalized = false, ...rest } = gltf.accessors[index];
    const stride = gltf.bufferViews[bufferView].byteStride;
    return { ...rest, byteOffset, normalized, stride, bytes: viewBytes(bufferView) };
  };

  const parts = gltf.meshes[0].primitives.map(({ attributes, indices }) => ({
    position: accessor(attributes.POSITION),
    texcoord: accessor(attributes.TEXCOORD_0),
    color: attributes.COLOR_0 && accessor(attributes.COLOR_0),
    indices: accessor(indices),
  }));
  const [node] = gltf.nodes;
  const [image] = gltf.images;
  const viewing = gltf.scenes[0].extras.stereopsis;
  return {
    ...viewing,
    parts, // the mesh, and then its fringe if it has one
    image: new Blob([viewBytes(image.bufferView)], { type: image.mimeType }),
    T_camera_from_stored: placement(node, viewing.camera),
  };
}

/** Stored positions to the photo's camera (x right, y down, z forward); a matrix, row by row. */
function placement({ scale = [1, 1, 1], translation = [0, 0, 0] }, camera) {
  const flip = [1, -1, -1]; // glTF's axes are x right, y up, z backward
  const placed = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  for (let axis = 0; axis < 3; axis++) {
    placed[5 * axis] = flip[axis] * scale[axis];
    placed[4 * axis + 3] = flip[axis] * translation[axis];
  }
  return multiply(camera.T_camera_from_scene, placed);
}

/** The product of two 4x4 matrices, row by row. */
function multiply(a, b) {
  const product = [];
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) {
      let sum = 0;
      for (let i = 0; i < 4; i++) sum += a[4 * row + i] * b[4 * i + column];
      product.push(sum);
    }
  return product;
}
