"""python3 -m unittest discover -s bench/comparison -t bench -p tests.py"""

import copy
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from . import machine, page, process, tables, targets


def row(phase: str, case: str, cost: float, **more) -> dict:
    return {
        "phase": phase, "case": case, "operations": 10, "failures": 0, "first_failure": None,
        "operations_per_second": 5.0, "latency_ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 4.0},
        "cpu_ms_per_operation": {"server": cost * 0.75, "database": cost * 0.25},
        "memory": {"server_bytes": 50_000_000, "database_bytes": 0}, "response_bytes": 2000.0,
        "foreign_cores": 0.01, "extra": {}, **more,
    }


def server(name: str, rows: list) -> dict:
    return {
        "name": name, "short": name, "version": "1", "seconds": 1.0, "pss_start": 1, "pss_end": 2,
        "database_pss_end": None, "report": {"rows": rows, "broken": {}},
    }


RESULTS = {
    "date": "2026-01-01", "busy_cores_before": 0.0, "quick": False, "room_version": "12",
    "commit": "abc", "rustc": "rustc 1", "python": "3.11", "postgresql": "15",
    "settings": {"shared_buffers": "256MB"}, "machine": machine.describe(Path("/tmp")),
    "servers": [
        server("One", [row("send-members", "2 members", 30.0)]),
        server("Two", [
            row("send-members", "2 members", 0.5), row("send-members", "5000 members", 0.75),
            row("idle-polls", "9 long-polls", 0.0, extra={
                "memory_growth_bytes": 90_000.0, "percent_of_one_core": 1.0,
            }),
        ]),
    ],
}


class Tables(unittest.TestCase):
    def test_ratios_are_of_the_first_server_to_each_other(self):
        text = tables.processor_time(RESULTS)
        self.assertIn("| send-members: 2 members | 30.0 (7.50) | 0.500 (0.125) | 60.0 × |", text)

    def test_a_case_that_a_server_did_not_run_stays_empty(self):
        text = tables.processor_time(RESULTS)
        self.assertIn("| send-members: 5000 members | – | 0.750 (0.188) | – |", text)

    def test_a_target_is_met_or_said_to_be_missed(self):
        results = copy.deepcopy(RESULTS)
        results["servers"][1]["short"] = targets.SQLITE
        results["servers"][1]["report"]["rows"].append(row("members", "1000 members", 5.5))
        text = targets.table(results)
        self.assertIn("| `members` of 1,000, ms | 5 / 5 | **5.50: missed** | – | 2 |", text)
        self.assertIn("| send with 5,000 members ÷ with 2 | – / – | 1.50 | – | – |", text)

    def test_growth_is_against_the_smallest_room(self):
        self.assertIn("| 5000 members | – | 0.750 (1.50) |", tables.growth(RESULTS))

    def test_idle_memory_is_for_each_poll(self):
        # 90 kB by the ten operations that `row` counts.
        self.assertIn("| more for each of them, kB | – | 9.00 |", tables.memory(RESULTS))

    def test_failures_cannot_be_overlooked(self):
        self.assertEqual(tables.failures(RESULTS), "")
        broken = copy.deepcopy(RESULTS)
        broken["servers"][0]["report"]["rows"][0] |= {"failures": 3, "first_failure": "status 500"}
        broken["servers"][1]["report"]["broken"]["join"] = "refused"
        text = page.render(broken)
        self.assertIn("One, send-members: 2 members: 3 failed: status 500", text)
        self.assertIn("Two, join: could not run: refused", text)

    def test_a_remark_on_a_run_is_on_its_page_only(self):
        self.assertIn("- Slow disk.\n", page.render(RESULTS | {"remarks": ["Slow disk."]}))
        self.assertNotIn("Slow disk.", page.render(RESULTS))

    def test_a_busy_machine_is_told(self):
        self.assertIn("| Quiet machine | yes", page.render(RESULTS))
        self.assertIn("| Quiet machine | **no**", page.render(RESULTS | {"busy_cores_before": 0.8}))


class Processes(unittest.TestCase):
    def test_a_tree_has_its_children_and_stop_ends_it(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            running = process.start(["sh", "-c", "sleep 60 & echo $!; wait"], log)
            deadline = time.monotonic() + 10
            while not log.read_text().endswith("\n") and time.monotonic() < deadline:
                time.sleep(0.01)
            child = int(log.read_text())
            self.assertEqual(process.tree(running.pid), [running.pid, child])
            self.assertGreater(process.pss_bytes(running.pid), 10_000)
            process.stop(running, signal.SIGTERM)
            self.assertIsNotNone(running.poll())
            subprocess.run(["kill", str(child)], check=True)


if __name__ == "__main__":
    unittest.main()
