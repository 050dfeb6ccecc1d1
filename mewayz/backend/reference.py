"""The API reference as one HTML page: rendered from the OpenAPI document, readable without a script."""

import re
import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import orjson

Schema = Mapping[str, Any]
_DEPTH = 4
_RULES = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "{} or more",
    "exclusiveMinimum": "more than {}",
    "maximum": "{} or less",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "default": "default {}",
}
_SAMPLES = ("…", "EUR", "12.50")
_PATH_VALUE = re.compile(r"\{\w+\}")
_START = """
Sign in once, and send the token with every call; it holds for an hour.

    MEWAYZ={server}
    TOKEN=$(curl -s "$MEWAYZ{base}/auth/login" -H 'Content-Type: application/json' \\
      -d '{{"email": "you@example.com", "password": "…"}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"]["token"])')
"""


def _text(words: str) -> str:
    """Escaped, with `code` between backticks."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(words, quote=False))


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class _Page:
    """Renders one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.base: str = document["servers"][0]["url"]

    def whole(self, schema: Schema) -> Schema:
        """The schema itself, where there is only a pointer to it."""
        while "$ref" in schema:
            found: Any = self.document
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def filled(self, schema: Schema) -> Schema:
        """The schema behind "this or null"."""
        schema = self.whole(schema)
        others = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
        return self.whole(others[0]) if len(others) == 1 else schema

    def kind(self, schema: Schema) -> str:
        """The type in words."""
        schema = self.whole(schema)
        if "const" in schema:
            return orjson.dumps(schema["const"]).decode()
        if "enum" in schema:
            return "one of: " + ", ".join(str(value) for value in schema["enum"] if value != "")
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.kind(part) for part in schema["anyOf"]))
        kinds = schema.get("type", "anything")
        names = [kinds] if isinstance(kinds, str) else kinds
        found = " or ".join("nothing (null)" if name == "null" else "text" if name == "string" else str(name) for name in names)
        found = found.replace("integer", "whole number").replace("boolean", "true or false")
        if "array" in names:
            return f"list of {self.kind(schema.get('items', {}))}" if "items" in schema else "list"
        return f"{found} ({schema['format']})" if "format" in schema else found

    def rules(self, schema: Schema) -> str:
        """Bounds, default and example in words."""
        schema = self.whole(schema)
        parts = [schema, *(self.whole(part) for part in schema.get("anyOf", ()))]
        found: list[str] = [str(part["description"]).rstrip(".") for part in parts if part.get("description") and "properties" not in part]
        for part in parts:
            found += [words.format(part[rule]) for rule, words in _RULES.items() if part.get(rule) not in (None, "", [], {})]
            found += [f"such as {part['examples'][0]}"] if part.get("examples") else []
        return "; ".join(dict.fromkeys(found))

    def fields(self, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str, str, str]]:
        """Name, type, whether it must be there, and rules of every field, groups one by one."""
        schema = self.whole(schema)
        for name, inner in schema.get("properties", {}).items():
            part = self.filled(inner)
            needed = "required" if name in schema.get("required", ()) else ""
            items = self.whole(part.get("items", {}))
            if depth < _DEPTH and "properties" in part:
                yield from self.fields(part, f"{prefix}{name}.", depth + 1)
            elif depth < _DEPTH and "properties" in items:
                yield from self.fields(items, f"{prefix}{name}[].", depth + 1)
            else:
                yield f"{prefix}{name}", self.kind(inner), needed, self.rules(inner)

    def example(self, schema: Schema) -> Any:
        """A value that could be sent: required fields only, or the first one where none is."""
        schema = self.whole(schema)
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if "anyOf" in schema:
            return self.example(schema["anyOf"][-1 if "pattern" in schema["anyOf"][-1] else 0])
        match schema.get("type"):
            case "object":
                inner: Mapping[str, Any] = schema.get("properties", {})
                names = [name for name in inner if name in schema.get("required", ())] or [name for name in inner if name != "rev"][:1]
                return {name: self.example(inner[name]) for name in names} | ({"rev": 1} if "rev" in inner else {})
            case "array":
                return [self.example(schema.get("items", {}))]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
            case _:
                return next((sample for sample in _SAMPLES if re.match(schema.get("pattern", ""), sample)), "…")

    def curl(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        """A command that makes this call."""
        words = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
        query = {"limit": "limit=3", "format": "format=csv", "dryRun": "dryRun=true"}
        asked = [query[parameter["name"]] for parameter in operation["parameters"] if parameter["name"] in query]
        if operation["security"]:
            words.append('-H "Authorization: Bearer $TOKEN"')
        content: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
        if "text/csv" in content:
            words.append("-H 'Content-Type: text/csv' --data-binary @rows.csv")
        elif "application/json" in content:
            body = orjson.dumps(self.example(content["application/json"]["schema"])).decode()
            words.append(f"-H 'Content-Type: application/json' -d {shlex.quote(body)}")
        elif any(parameter["name"] == "If-Match" for parameter in operation["parameters"]):
            words.append("""-H 'If-Match: "1"'""")
        address = f"$MEWAYZ{self.base}{_PATH_VALUE.sub('$ID', path)}{'?' if asked else ''}{'&'.join(asked)}"
        return " ".join([*words, f'"{address}"'])

    def operation(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        """One folded call."""
        parts = [f"<p>{_text(operation['description'])}</p>"] if "description" in operation else []
        if operation["parameters"]:
            rows = [
                (f"<code>{escape(p['name'])}</code>", p["in"], escape(self.kind(p["schema"])),
                 _text(f"{p.get('description', '')} {self.rules(p['schema'])}"))
                for p in operation["parameters"]
            ]  # fmt: skip
            parts += ["<h4>Parameters</h4>", _table(("Name", "In", "Type", "Meaning"), rows)]
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            parts.append(f"<h4>Body as <code>{escape(media)}</code></h4>")
            parts.append(self.field_table(content["schema"]))
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                for media, content in answer["content"].items():
                    data = self.whole(content["schema"]).get("properties", {}).get("data", content["schema"])
                    parts.append(f"<h4>Answer {status} as <code>{escape(media)}</code></h4>")
                    parts.append(self.field_table(data, sent=False))
        failures = [(status, self.whole(answer)["description"]) for status, answer in operation["responses"].items() if status[0] in "45"]
        parts.append("<h4>Refusals</h4><ul>")
        parts += [f"<li><strong>{status}</strong> {_text(words)}</li>" for status, words in failures]
        parts.append(f"</ul><h4>Try it</h4><pre><code>{escape(self.curl(method, path, operation))}</code></pre>")
        summary = (
            f'<summary><span class="method {method}">{method.upper()}</span> <code>{escape(self.base + path)}</code> '
            f"<span>{escape(operation['summary'])}</span></summary>"
        )
        return f'<details id="{operation["operationId"]}">{summary}<div>{"".join(parts)}</div></details>'

    def field_table(self, schema: Schema, *, sent: bool = True) -> str:
        """The fields of a body or, not `sent`, of an answer."""
        whole = self.whole(schema)
        listed = self.whole(whole.get("items", {})) if whole.get("type") == "array" else whole
        rows = [
            (f"<code>{escape(name)}</code>", escape(kind), *((needed,) if sent else ()), _text(rules))
            for name, kind, needed, rules in self.fields(listed)
        ]
        if not rows:
            return f"<p>{escape(self.kind(whole)).capitalize()}. {_text(self.rules(whole))}</p>"
        words = "<p>A list of:</p>" if listed is not whole else ""
        return words + _table(("Field", "Type", *(("Needed",) if sent else ()), "Rules"), rows)

    def render(self) -> str:
        """The page."""
        info = self.document["info"]
        by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in self.document["tags"]}
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                by_tag[operation["tags"][0]].append(self.operation(method, path, operation))
        menu = "".join(f'<li><a href="#{escape(tag)}">{escape(tag)}</a></li>' for tag in by_tag)
        nouns = "".join(f'<section id="{escape(tag)}"><h2>{escape(tag)}</h2>{"".join(parts)}</section>' for tag, parts in by_tag.items())
        words, _, command = _START.strip().partition("\n\n")
        command = command.format(server="http://127.0.0.1:3000", base=self.base)
        command = "\n".join(line.removeprefix("    ") for line in command.splitlines())
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(info["title"])} API</title>
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<header>
<h1>{escape(info["title"])} API</h1>
<p>Version {escape(info["version"])} · <a href="/api/openapi.json">OpenAPI {self.document["openapi"]}</a> · <a href="/">To the shop</a></p>
<nav aria-label="Nouns"><ul>{menu}</ul></nav>
</header>
<main>
<section><h2>How to begin</h2><p>{_text(info["description"])}</p><p>{_text(words)}</p><pre><code>{escape(command)}</code></pre></section>
{nouns}
</main>
</body>
</html>
"""


def render(document: Mapping[str, Any]) -> str:
    """The HTML page of an OpenAPI document as `openapi.describe` makes it."""
    return _Page(document).render()
