// Counts steps and prints one line for each, so that a failure names what a person would miss.

export class Report {
    passed = 0;
    failed = 0;
    skipped = 0;

    /** Runs one step; a failure is printed and counted, and the steps after it still run. */
    async step(name, body) {
        const begun = performance.now();
        try {
            const value = await body();
            this.passed += 1;
            console.log(`ok   ${name} (${Math.round(performance.now() - begun)} ms)`);
            return value;
        } catch (error) {
            this.failed += 1;
            console.log(`FAIL ${name}: ${error.stack ?? error}`);
            return undefined;
        }
    }

    /** A group of steps that cannot go on once its first part is broken. */
    async topic(name, body) {
        console.log(`# ${name}`);
        try {
            await body();
        } catch (error) {
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
