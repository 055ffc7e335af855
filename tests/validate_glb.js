// Prints what the Khronos validator finds in a .glb on standard input, as JSON.
import { readFileSync } from "node:fs";
import validator from "gltf-validator";

const report = await validator.validateBytes(new Uint8Array(readFileSync(0)), { format: "glb" });
console.log(JSON.stringify(report));
