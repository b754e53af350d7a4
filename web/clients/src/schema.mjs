// Writes the schema as one file without extensions, as relay-compiler wants it: node src/schema.mjs FILE
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { buildSchema, printSchema } from "graphql";

const folder = new URL("../../../schema/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".graphqls"));
const text = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
writeFileSync(process.argv[2], printSchema(buildSchema(text)));
