// Counts steps and prints one line for each, so that a failure names what a person would miss.

import { ConnectionError } from "matrix-js-sdk";
import { within } from "./until.js";

// Longer than all that a step waits for by itself: this limit is for what waits without one.
const STEP_MS = 60_000;

/** A step failed without which the rest of its topic means nothing. */
class BrokenOff extends Error {}

export class Report {
    passed = 0;
    failed = 0;
    skipped = 0;
    /** Whether the server is away on purpose: what fails in the background for want of it is no failure. */
    serverIsAway = false;

    /** What a library did in the background and nobody waits for counts too, and does not end the run. */
    constructor() {
        process.on("unhandledRejection", (error) => {
            if (this.serverIsAway && error instanceof ConnectionError) return;
            this.failed += 1;
            console.log(`FAIL in the background: ${error?.stack ?? error}`);
        });
    }

    /** A step that this server cannot take part in; `why` says what it lacks. */
    skip(name, why) {
        this.skipped += 1;
        console.log(`skip ${name}: ${why}`);
    }

    /** Runs one step; a failure is printed and counted, and the steps after it still run. */
    async step(name, body) {
        const begun = performance.now();
        try {
            const value = await within(name, body(), STEP_MS);
            this.passed += 1;
            console.log(`ok   ${name} (${Math.round(performance.now() - begun)} ms)`);
            return value;
        } catch (error) {
            this.failed += 1;
            console.log(`FAIL ${name}: ${error.stack ?? error}`);
            return undefined;
        }
    }

    /** As `step`, but a failure also ends the topic: what comes after needs what this step makes. */
    async need(name, body) {
        const before = this.failed;
        const value = await this.step(name, body);
        if (this.failed > before) throw new BrokenOff(name);
        return value;
    }

    /** A group of steps that cannot go on once one that it needs is broken. */
    async topic(name, body) {
        console.log(`# ${name}`);
        try {
            await body();
        } catch (error) {
            if (error instanceof BrokenOff) {
                console.log(`     the rest of "${name}" is left out: it needs "${error.message}"`);
                return;
            }
            this.failed += 1;
            console.log(`FAIL ${name} broke off: ${error.stack ?? error}`);
        }
    }

    /** Prints the closing line and returns the exit code. */
    finish() {
        const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
        console.log(`${this.passed} passed, ${this.failed} failed${skipped}`);
        return this.failed === 0 ? 0 : 1;
    }
}
