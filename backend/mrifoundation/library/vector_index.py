"""Beyond a size facts are indexed, and exact search gives way to an index, whose recall is measured when it is built."""

import numpy as np

from mrifoundation.library.schema import CASES, REGIONS
from mrifoundation.library.store import Store

EXACT_UP_TO = 20_000  # vectors, and rows, of a table that are looked through quickly enough
GROWN = 2  # an index has the partitions that its vectors asked for when it was built; of many more, each search looks at too many
ASKED, HITS = 50, 10  # recall@10 of 50 vectors of the table


def build_index_if_large(store: Store, exact_up_to: int = EXACT_UP_TO) -> dict[str, float]:
    """Index the facts of tables with many rows, and every vector column with more than `exact_up_to` vectors; what is indexed already is
    left, an index of vectors until there are GROWN times as many. Gives the recall of each index of vectors that was built."""
    recalls = {}
    for table in (CASES, REGIONS):
        if store.count(table) > exact_up_to:
            store.index_facts(table)
        for column in store.vector_columns(table):
            vectors = store.count(table, f"{column} IS NOT NULL")
            if vectors > exact_up_to and vectors >= GROWN * _indexed(store, table, column):
                store.index_vectors(table, column)
                recalls[f"{table}.{column}"] = recall_of_index(store, table, column)
                store.set_about(f"recall of {table}.{column}", f"{recalls[f'{table}.{column}']:.4f}")
                # Last, so that what is killed is done again.
                store.set_about(f"vectors of {table}.{column}", str(vectors))
    return recalls


def _indexed(store: Store, table: str, column: str) -> int:
    """How many vectors there were when the index was built; 0 where there is none, or an earlier version did not say."""
    return int(store.about(f"vectors of {table}.{column}") or 0) if store.has_vector_index(table, column) else 0


def recall_of_index(store: Store, table: str, column: str) -> float:
    """Share of the exact 10 nearest that the index finds, over vectors spread through the table."""
    key = "case" if table == CASES else "id"
    # Ids are hashes: those with a few fixed first digits are a random part.
    bound = max(1, int(0x100000 * 20 * ASKED / store.count(table)))
    _, vectors = store.vectors(table, f"case < '{min(bound, 0xFFFFF):05x}'", ["case"], column)
    found = []
    for vector in vectors[:: max(1, len(vectors) // ASKED)][:ASKED]:
        exact, near = (
            {row[key] for row, _ in store.nearest(table, vector, "", [key], HITS, exact, column)}
            for exact in (True, False)
        )
        found.append(len(exact & near) / max(1, len(exact)))
    return float(np.mean(found))
