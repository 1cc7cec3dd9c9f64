// src/client/types.ts from the JSON Schemas of the frames, src/console/types.ts from the OpenAPI document of REST;
// `--check` says whether the files are what they make.

import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const SCHEMAS = new URL("../../../schemas/json/", import.meta.url);
const OPENAPI = new URL("../../../schemas/openapi.json", import.meta.url);
const FRAMES = ["ClientFrame", "ServerFrame", "Notification", "Problem"];
const ANSWERS = [
  "TopologyStats",
  "StreamsStats",
  "TablesStats",
  "CallerShown",
  "ShownLetter",
  "LetterFilter",
  "ReplayReport",
  "ShownReplay",
  "UserInbox",
  "SeenBySupport",
  "StandingSession",
];
const MADE = [
  { target: "client/types.ts", from: "schemas/json", document: framesDocument },
  { target: "console/types.ts", from: "schemas/openapi.json", document: answersDocument },
];

// One document for all, so that a type which several of them use is written once.
async function framesDocument() {
  const definitions = {};
  for (const name of FRAMES) {
    const { $defs, $schema, ...schema } = JSON.parse(await readFile(new URL(`${name}.schema.json`, SCHEMAS), "utf8"));
    Object.assign(definitions, $defs, schema.$ref ? {} : { [name]: schema });
  }
  return definitions;
}

async function answersDocument() {
  const text = await readFile(OPENAPI, "utf8");
  // What JSON Schema calls `prefixItems` now, the compiler knows by its older name.
  const tuple = (_, value) => (value?.prefixItems ? { ...value, items: value.prefixItems } : value);
  const { schemas } = JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/"), tuple).components;
  const wanted = [...ANSWERS];
  for (const name of wanted) {
    for (const [, other] of JSON.stringify(schemas[name]).matchAll(/#\/\$defs\/(\w+)/g)) {
      if (!wanted.includes(other)) wanted.push(other);
    }
  }
  return Object.fromEntries(wanted.sort().map((name) => [name, schemas[name]]));
}

async function types({ from, document }) {
  const definitions = await document();
  // What a frame has beyond its type is ignored, by us as by the gateway: no type has an index signature for it.
  for (const definition of Object.values(definitions)) definition.additionalProperties ??= false;
  const made = await compile({ title: "Schemas", type: "object", $defs: definitions }, "Schemas", {
    additionalProperties: true,
    bannerComment: `// Made from ${from} by \`npm run types\`: change the types in schemas/*.py, and make both again.`,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
    style: { printWidth: 120, trailingComma: "all" },
  });
  return made
    .replace(/\/\*\*\n \* This interface was referenced by .*\n \* via .*\n \*\/\n/g, "")
    .replace(/ \*\n \* This interface was referenced by .*\n \* via .*\n/g, "")
    .replace(/export interface Schemas \{[^}]*\}\n/, "");
}

for (const one of MADE) {
  const target = new URL(`../src/${one.target}`, import.meta.url);
  const made = await types(one);
  if (!process.argv.includes("--check")) {
    await writeFile(target, made);
  } else if ((await readFile(target, "utf8")) !== made) {
    console.error(`src/${one.target} is not what ${one.from} makes: run \`make browser\``);
    process.exitCode = 1;
  }
}
