# One image for both processes:
#   docker run -p 3000:3000 -v hindcast:/data hindcast                          the server
#   docker run -e REDIS_URL=… -e HINDCAST_SECRET_KEY=… hindcast node workers/probe.ts   a probe worker
FROM node:24-slim

WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 HINDCAST_DATA_DIR=/data

# No install scripts: SQLite comes ready-built in its package, and nothing else needs one to run.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

COPY src ./src
COPY workers ./workers
COPY config ./config
COPY migrations ./migrations

RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# As in `npm start`; the flag bounds memory, see src/heap.ts.
CMD ["node", "--max-semi-space-size=4", "src/main.ts"]
