// Compares a build with a packed one (pack.mjs): node compare.mjs BUILD PACKED
// Ends with 0 if they have the same files, and both compressed forms of each hold what was built.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const [build, packed] = process.argv.slice(2);
if (!packed) {
  console.error("usage: node compare.mjs BUILD PACKED");
  process.exit(2);
}

const files = (folder) => readdirSync(folder, { recursive: true })
  .filter((name) => statSync(join(folder, name)).isFile())
  .map((name) => relative(folder, join(folder, name)));

const faults = [];
const wanted = new Set();
for (const name of files(build)) {
  const plain = readFileSync(join(build, name));
  for (const [ending, unpack] of [[".br", brotliDecompressSync], [".gz", gunzipSync]]) {
    wanted.add(name + ending);
    const path = join(packed, name + ending);
    if (!existsSync(path)) faults.push(`${path} is missing`);
    else if (!unpack(readFileSync(path)).equals(plain)) faults.push(`${path} holds something else`);
  }
}
for (const name of files(packed)) {
  if (!wanted.has(name)) faults.push(`${join(packed, name)} is not built any more`);
}
for (const fault of faults) console.error(fault);
console.log(`${wanted.size} files compared`);
process.exitCode = faults.length > 0 ? 1 : 0;
