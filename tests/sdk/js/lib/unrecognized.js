// Requests that the SDK makes and the server does not know: what a client's user would miss.

const seen = new Map();

/** As `fetch`, and remembers which requests were answered with `M_UNRECOGNIZED`. */
export async function watched(resource, options) {
    const answer = await fetch(resource, options);
    if (answer.status === 404 || answer.status === 405) {
        const body = await answer.clone().json().catch(() => ({}));
        if (body.errcode === "M_UNRECOGNIZED") {
            const path = new URL(resource).pathname.replace(/[!@$#][^/]+|%(21|40|24|23)[^/]+/g, "…");
            const request = `${options?.method ?? "GET"} ${path}`;
            seen.set(request, (seen.get(request) ?? 0) + 1);
        }
    }
    return answer;
}

/** Prints them, for information: an SDK also asks for what no specification has. */
export function printUnrecognized() {
    for (const [request, count] of seen) console.log(`not known to the server: ${request} (${count}×)`);
}
