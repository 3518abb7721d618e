// Holds server.json files against the MCP registry's JSON schema.
//
//   node describe.mjs SCHEMA FILE...
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formats from "ajv-formats";

const [schema, ...files] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
const validate = ajv.compile(schema);
for (const file of files) {
  if (file.$schema !== schema.$id || !validate(file)) {
    console.log(`${file.$schema}: ${ajv.errorsText(validate.errors)}`);
    process.exitCode = 1;
  }
}
