// src/client/types.ts from the JSON Schemas of the frames; `--check` says whether the file is what they make.

import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const SCHEMAS = new URL("../../../schemas/json/", import.meta.url);
const TARGET = new URL("../src/client/types.ts", import.meta.url);
const NAMES = ["ClientFrame", "ServerFrame", "Notification", "Problem"];
const BANNER = `// Made from schemas/json by \`npm run types\`: change the types in schemas/*.py, and make both again.`;

// One document for all, so that a type which several of them use is written once.
async function document() {
  const definitions = {};
  for (const name of NAMES) {
    const { $defs, $schema, ...schema } = JSON.parse(await readFile(new URL(`${name}.schema.json`, SCHEMAS), "utf8"));
    Object.assign(definitions, $defs, schema.$ref ? {} : { [name]: schema });
  }
  // What a frame has beyond its type is ignored, by us as by the gateway: no type has an index signature for it.
  for (const definition of Object.values(definitions)) definition.additionalProperties ??= false;
  return { title: "Schemas", type: "object", $defs: definitions };
}

async function types() {
  const made = await compile(await document(), "Schemas", {
    additionalProperties: true,
    bannerComment: BANNER,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
    style: { printWidth: 120, trailingComma: "all" },
  });
  return made
    .replace(/\/\*\*\n \* This interface was referenced by .*\n \* via .*\n \*\/\n/g, "")
    .replace(/ \*\n \* This interface was referenced by .*\n \* via .*\n/g, "")
    .replace(/export interface Schemas \{[^}]*\}\n/, "");
}

const made = await types();
if (process.argv.includes("--check")) {
  if ((await readFile(TARGET, "utf8")) !== made) {
    console.error("src/client/types.ts is not what schemas/json makes: run `make browser`");
    process.exit(1);
  }
} else {
  await writeFile(TARGET, made);
}
