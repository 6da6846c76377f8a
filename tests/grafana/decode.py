"""Reads every dashboard with the decoder of Grafana's own SDK and writes it again: what the SDK does not know is gone then, and told."""

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# The schema is open at these: they are the Prometheus data source's own, and `definition` is what Grafana itself writes beside a query.
OPEN = {
    (".annotations.list[]", key) for key in ("step", "tagKeys", "textFormat", "titleFormat")
} | {(".templating.list[]", "definition")}


def differences(written, read, path=""):
    """Yields what of `written` is not in `read`, by its path."""
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            if key in read:
                yield from differences(value, read[key], f"{path}.{key}")
            elif (path, key) not in OPEN:
                yield f"{path}.{key}: {json.dumps(value)} is not known"
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for one, other in zip(written, read):
            yield from differences(one, other, f"{path}[]")
    elif type(written) is not type(read) or written != read:
        yield f"{path}: {json.dumps(written)} is read as {json.dumps(read)}"


register_default_plugins()
files = sorted(Path(sys.argv[1]).glob("*.json"))
faults = 0
for file in files:
    written = json.loads(file.read_text())
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(written)))
    for fault in differences(written, read):
        faults += 1
        print(f"{file.name}: {fault}")
if faults or not files:
    sys.exit(1)
print(f"{len(files)} dashboards are read by Grafana's SDK, and nothing of them is lost")
