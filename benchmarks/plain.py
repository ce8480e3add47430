"""What a programmer would write without a rule engine: dicts, lists and loops.

It is the floor: it knows the one question that it is asked and keeps nothing that only another
question would need. Miss Manners and Waltz are left out, where such a program would be another
algorithm, and so is opening a session for each fact, for it has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.engine import Engine, Trial, functions
from benchmarks.workload import Batch, Row, Steps, Workload
from benchmarks.workloads import joins, orders


class Program(Trial):
    """Keeps the rows in lists; the rest is each program's own."""

    def __init__(self, workload: Workload) -> None:
        self.called = []
        self.functions = functions(workload, self.called)
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def load(self, batches: Sequence[Batch]) -> None:
        for template, rows in batches:
            self.rows[template] += [dict(row) for row in rows]

    def take(self, template: str) -> None:
        self.taken = self.rows[template]

    def facts(self, template: str) -> list[Row]:
        return self.rows[template]

    def close(self) -> None:
        self.__dict__.clear()


class Joins(Program):
    def run(self) -> int:
        tiers = {row["id"]: row["tier"] for row in self.rows["Customer"]}
        gifts = self.rows["Gift"]
        for row in self.rows["Order"]:
            tier = tiers.get(row["customer"])
            if row["kind"] in joins.KINDS and tier in joins.TIERS:
                gifts.append({"order": row["id"], "tier": tier})
        return len(gifts)


class Orders(Program):
    def run(self) -> int:
        gold = {row["id"] for row in self.rows["Customer"] if row["tier"] == "gold"}
        notes = self.rows["Note"]
        for row in self.rows["Order"]:
            if row["status"] == "new" and row["customer"] in gold:
                notes.append({"order": row["id"], "text": "gold"})
            if row["kind"] in orders.KINDS:
                if row["total"] < orders.SMALL:
                    notes.append({"order": row["id"], "text": f"small {row['kind']}"})
                elif row["total"] > orders.LARGE:
                    notes.append({"order": row["id"], "text": f"large {row['kind']}"})
        return len(notes)


class Closure(Program):
    def run(self) -> int:
        after: dict[int, list[int]] = defaultdict(list)
        for row in self.rows["Edge"]:
            after[row["source"]].append(row["target"])
        found = self.rows["Reach"]
        for start in list(after):
            reached: set[int] = set()
            waiting = list(after[start])
            while waiting:
                node = waiting.pop()
                if node not in reached:
                    reached.add(node)
                    waiting += after.get(node, ())
            found += [{"source": start, "target": node} for node in reached]
        return len(found)


class ManyRules(Program):
    def run(self) -> int:
        hits = self.rows["Hit"]
        for row in self.rows["Event"]:
            hits.append({"event": row["id"], "rule": int(row["code"].removeprefix("code "))})
        return len(hits)


class Calls(Program):
    def run(self) -> int:
        note = self.functions["note"]
        for row in self.rows["Order"]:
            if row["total"] > 500:
                note(row["id"])
        return len(self.called)


class Churn(Program):
    def run(self) -> int:
        self.customers = {row["id"] for row in self.rows["Customer"]}
        return sum(self.look(row) for row in self.rows["Order"])

    def look(self, row: Row) -> bool:
        """Whether an order is looked at."""
        return row["total"] > 0 and row["customer"] in self.customers

    def modify_each(self, steps: Steps) -> int:
        fired = 0
        for place, fields in steps.steps:
            self.taken[place].update(fields)
            fired += self.look(self.taken[place])
        return fired

    def replace_each(self, steps: Steps) -> int:
        fired = 0
        for place, fields in steps.steps:
            self.taken[place] = dict(fields)
            fired += self.look(self.taken[place])
        return fired


class Accumulate(Program):
    def run(self) -> int:
        self.totals: dict[str, Row] = {}
        for row in self.rows["Order"]:
            name = row["customer"]
            new: Row = {"customer": name, "sum": 0, "number": 0}
            total = self.totals.setdefault(name, new)
            total["sum"] += row["total"]
            total["number"] += 1
        self.rows["Total"] = list(self.totals.values())
        return 2 * len(self.totals)

    def modify_each(self, steps: Steps) -> int:
        for place, fields in steps.steps:
            order = self.taken[place]
            self.totals[order["customer"]]["sum"] += fields["total"] - order["total"]
            order.update(fields)
        return len(steps.steps)


class Plain(Engine):
    """Plain Python."""

    name = "plain Python"
    programs: Mapping[str, type[Program]] = {
        "accumulate": Accumulate,
        "calls": Calls,
        "churn_modify": Churn,
        "churn_replace": Churn,
        "closure_chain": Closure,
        "closure_graph": Closure,
        "joins": Joins,
        "many_rules": ManyRules,
        "orders": Orders,
    }

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        return "dicts and loops"

    def open(self, workload: Workload, size: int) -> Trial:
        return self.programs[workload.name](workload)
