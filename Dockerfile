FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# A named volume takes over the owner of the directory that it is first mounted on.
RUN install -d -o node -g node /data /data/bootstrap /data/node1 /data/node2 /data/node3 /data/node4 /signers
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY migrations ./migrations
COPY src/web/page ./src/web/page
COPY --chmod=755 docker/entrypoint.sh ./
USER node
ENV GP_DATADIR=/data GP_HTTPADDR=0.0.0.0:8080
EXPOSE 8000 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "/app/dist/main.js", "health"]
ENTRYPOINT ["/app/entrypoint.sh"]
CMD ["node"]
