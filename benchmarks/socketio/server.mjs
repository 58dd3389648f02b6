// A chat as the documentation of Socket.IO builds it, at its best: one of several processes that
// reach each other over Redis. Where PostgreSQL is, pg reads by itself (PGHOST and the like).
//
// What makes it as good as it can be, without leaving what people use: WebSockets from the beginning
// (after long polls everybody would have to stay with one process), nothing compressed, prepared
// statements on connections that stay. The plain Redis adapter unpacks only what is for a room of its
// process; the sharded one was no cheaper with two processes, and the one over streams, which could
// bring what was missed, unpacks everything. That somebody holds a message is passed on and not
// stored, which is kinder than a real chat is.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import jwt from "jsonwebtoken";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const { PORT, REDIS_URL, SECRET_KEY } = process.env;
// Named, so that each connection plans them once.
const ROOM = { name: "room", text: "SELECT room_id FROM person WHERE id = $1" };
const STORE = {
  name: "store",
  text: "INSERT INTO message (room_id, author_id, client_id, content) VALUES ($1, $2, $3, $4) RETURNING id",
};

const database = new pg.Pool({ max: 10, idleTimeoutMillis: 0 });
const publisher = createClient({ url: REDIS_URL });
const subscriber = publisher.duplicate();
for (const each of [database, publisher, subscriber]) {
  each.on("error", (error) => console.error(error.message));
}
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
});

io.use(async (socket, next) => {
  try {
    const { sub } = jwt.verify(socket.handshake.auth.token, SECRET_KEY, { algorithms: ["HS256"] });
    const { rows } = await database.query({ ...ROOM, values: [sub] });
    socket.data = { user: sub, room: rows[0].room_id };
    next();
  } catch {
    next(new Error("unauthorized"));
  }
});

io.on("connection", (socket) => {
  const { user, room } = socket.data;
  socket.join(room);
  socket.emit("welcome", {});

  // The pool would run the messages of one socket side by side: each waits for the one before it.
  let last = Promise.resolve();
  socket.on("message", (message) => {
    last = last.then(() => store(message)).catch((error) => console.error(error.message));
  });

  async function store({ client_id, content }) {
    const values = [room, user, client_id, content];
    const { rows } = await database.query({ ...STORE, values });
    const seq = Number(rows[0].id);
    socket.emit("ack", { client_id, room, seq });
    socket.to(room).emit("message", { room, seq, sender: user, client_id, content });
  }

  socket.on("delivered", ({ seq }) => {
    socket.to(room).emit("status", { room, lowest: [{ user, delivered_seq: seq }] });
  });
});

http.listen({ port: Number(PORT), host: "127.0.0.1", backlog: 2048 });
