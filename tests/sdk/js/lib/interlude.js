// The server is stopped and started again in the middle of what people do.

/** A step that does it, where the rig can (`SERVER_CONTROL`); everybody's sync begins again at once. */
export function interlude(report, people) {
    const control = process.env.SERVER_CONTROL;
    return () => {
        const name = "the server is stopped and started again";
        if (control === undefined) return report.skip(name, "nobody here can");
        return report.need(name, async () => {
            report.serverIsAway = true;
            const answer = await fetch(`${control}/restart`, { method: "POST" });
            report.serverIsAway = false;
            if (!answer.ok) throw new Error(`it did not come back: ${answer.status}`);
            for (const person of people) person.client.retryImmediately();
        });
    };
}
