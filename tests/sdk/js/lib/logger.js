// matrix-js-sdk reports every request; here only what a test's reader can use is printed.

import { logger as shared } from "matrix-js-sdk/lib/logger.js";

const verbose = process.env.SDK_LOG === "1";
const silent = () => {};
const loud = (...message) => console.log("  sdk:", ...message);

export const logger = {
    trace: silent,
    debug: silent,
    info: silent,
    warn: verbose ? loud : silent,
    error: verbose ? loud : silent,
    getChild: () => logger,
};

/** Quiets the logger that parts of the SDK take without being handed one; children inherit it. */
export function quiet() {
    if (verbose) return;
    shared.methodFactory = () => silent;
    shared.rebuild();
}
