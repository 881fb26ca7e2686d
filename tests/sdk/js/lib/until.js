// Waiting for what another client's sync brings.

const TIMEOUT_MS = 15_000;
const PAUSE_MS = 20;

/**
 * Polls `probe` until it returns something other than undefined, null or false, and returns that.
 * What a probe sees comes from the client's sync loop alone, so waiting here is waiting for sync.
 */
export async function until(what, probe, timeoutMs = TIMEOUT_MS) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
        const value = await probe();
        if (value !== undefined && value !== null && value !== false) return value;
        if (performance.now() > deadline) throw new Error(`not seen within ${timeoutMs} ms: ${what}`);
        await new Promise((resume) => setTimeout(resume, PAUSE_MS));
    }
}

/** Resolves after `ms` milliseconds: for showing that something does NOT arrive. */
export function pause(ms) {
    return new Promise((resume) => setTimeout(resume, ms));
}

/** Resolves as `promise` does, or fails once `timeoutMs` have gone. */
export async function within(what, promise, timeoutMs = TIMEOUT_MS) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs} ms: ${what}`)), timeoutMs);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}
