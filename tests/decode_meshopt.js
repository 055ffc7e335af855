// Decodes a part of a .glb with the decoder that viewers use: input on standard input, then
// mode, count and stride as arguments; the bytes go to standard output.
import { readFileSync, writeSync } from "node:fs";
import { MeshoptDecoder } from "meshoptimizer/decoder";

const [mode, count, stride] = process.argv.slice(2);
await MeshoptDecoder.ready;
const decoded = new Uint8Array(count * stride);
MeshoptDecoder.decodeGltfBuffer(decoded, +count, +stride, new Uint8Array(readFileSync(0)), mode);
for (let start = 0; start < decoded.length; )
  start += writeSync(1, decoded, start, decoded.length - start);
