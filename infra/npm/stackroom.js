#!/usr/bin/env node
// Starts the program that npm installed for this system. Signals and standard
// streams are the program's own, so that MCP over stdio works.
"use strict";

const { spawn } = require("node:child_process");

const name = `@stackroom-mcp/${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "stackroom.exe" : "stackroom";

let program;
try {
  program = require.resolve(`${name}/bin/${file}`);
} catch {
  console.error(
    `stackroom: the package ${name} is not installed. Either there is no build for this system, or npm was told to leave out optional packages.\n` +
      "Archives for all systems: https://github.com/stackroom-mcp/stackroom/releases",
  );
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`stackroom: ${program} does not start: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code ?? 1);
  }
});
