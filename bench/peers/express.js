// The usual Express list of users: filter, sort, page, and the total by COUNT(*) unless ?count=skip.
// Nobody has to sign in here, which Mewayz does for each of its answers.
// SQLite is read by Node's own synchronous driver: no compiler is needed for it.
// node express.js PORT sqlite FILE | node express.js PORT postgres URL
import express from "express";

const [port, engine, where] = process.argv.slice(2);
const columns = "id, rev, created_at, updated_at, name, email, role, plan, status, company, last_login_at, demo";
const sorts = { createdAt: "created_at", name: "name", email: "email" };
const filters = ["role", "plan", "status"];

async function open() {
  if (engine === "postgres") {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ connectionString: where, max: 10 });
    // A name makes PostgreSQL keep the plan of the statement.
    const names = new Map();
    return async (sql, values) => {
      if (!names.has(sql)) names.set(sql, `s${names.size}`);
      return (await pool.query({ name: names.get(sql), text: sql, values })).rows;
    };
  }
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(where, { readOnly: true });
  database.exec("PRAGMA cache_size = -16000");
  const statements = new Map();
  return (sql, values) => {
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql));
    return statements.get(sql).all(...values);
  };
}

const run = await open();
const mark = engine === "postgres" ? (number) => `$${number}` : () => "?";
// Without this hint SQLite gathers and sorts all matches of a common filter, a hundred times the work. Mewayz gives it too.
const hint = engine === "postgres" ? (condition) => condition : (condition) => `likely(${condition})`;
const common = (query) => query.role !== "admin";
const app = express();
app.disable("x-powered-by");
app.set("etag", false);

app.get("/api/v1/users", async (request, response) => {
  const { page = "1", limit = "10", sort = "-createdAt", count } = request.query;
  const values = [];
  const conditions = [];
  const hinted = [];
  for (const name of filters) {
    if (!request.query[name]) continue;
    const wanted = request.query[name].split(",");
    const condition = `${name} IN (${wanted.map((value) => mark(values.push(value))).join(", ")})`;
    conditions.push(condition);
    hinted.push(hint(condition));
  }
  const where = conditions.length ? `WHERE ${conditions.join(" AND ")}` : "";
  const walk = common(request.query) && hinted.length ? `WHERE ${hinted.join(" AND ")}` : where;
  const total = count === "skip" ? null : Number((await run(`SELECT count(*) AS n FROM users ${where}`, values))[0].n);
  const direction = sort.startsWith("-") ? "DESC" : "ASC";
  const key = sorts[sort.replace("-", "")];
  const bounds = [...values, Number(limit), (Number(page) - 1) * Number(limit)];
  const tail = `LIMIT ${mark(values.length + 1)} OFFSET ${mark(values.length + 2)}`;
  const users = await run(`SELECT ${columns} FROM users ${walk} ORDER BY ${key} ${direction}, id ${direction} ${tail}`, bounds);
  response.json({ success: true, data: { users, pagination: { currentPage: Number(page), totalItems: total } } });
});

app.listen(Number(port), "127.0.0.1");
