/**
 * Makes the component of the rule: `node build.mjs [FILE]`, by default into `dist/`.
 *
 * All features of the engine are disabled, so that the component imports nothing but what rules may
 * have: the client's tables and the log.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { componentize } from "@bytecodealliance/componentize-js";

const folder = path.dirname(fileURLToPath(import.meta.url));
const { name } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
const file = path.resolve(process.argv[2] ?? path.join(folder, "dist", `${name}.wasm`));

const { component } = await componentize({
    sourcePath: path.join(folder, "component.mjs"),
    witPath: path.join(folder, "wit"),
    worldName: "rule",
    disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
});
await mkdir(path.dirname(file), { recursive: true });
await writeFile(file, component);
console.log(`${file}: ${component.length} bytes`);
