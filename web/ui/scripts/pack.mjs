// Replaces every file of the build by its two compressed forms, brotli and gzip: node pack.mjs FOLDER
// The server embeds them as they are. Same input, same bytes: neither form has a time stamp in it.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [folder = "dist"] = process.argv.slice(2);

const quality = {
  [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
};

const sums = { plain: 0, br: 0, gz: 0 };
const files = readdirSync(folder, { recursive: true })
  .map((name) => join(folder, name))
  .filter((path) => statSync(path).isFile())
  .sort();
for (const path of files) {
  const plain = readFileSync(path);
  const params = { ...quality, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  const br = brotliCompressSync(plain, { params });
  const gz = gzipSync(plain, { level: 9 });
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, gz);
  rmSync(path);
  sums.plain += plain.length;
  sums.br += br.length;
  sums.gz += gz.length;
  console.log(`${relative(folder, path).padEnd(36)} ${plain.length} B, brotli ${br.length}, gzip ${gz.length}`);
}
console.log(`${"together".padEnd(36)} ${sums.plain} B, brotli ${sums.br}, gzip ${sums.gz}`);
