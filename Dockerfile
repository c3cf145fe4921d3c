# Portico with the engines for the processor. For a GPU, run Portico outside of a container, or put it in front of a
# server that has the GPU, as examples/compose does.
FROM node:22.21-bookworm-slim AS build
WORKDIR /portico
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/@node-llama-cpp/*-cuda* node_modules/@node-llama-cpp/*-vulkan \
    node_modules/node-llama-cpp/llama/gitRelease.bundle

FROM node:22.21-bookworm-slim
ENV NODE_ENV=production \
  PORTICO_HOME=/data \
  PORTICO_HOST=0.0.0.0
WORKDIR /portico
COPY --from=build /portico/package.json /portico/models.yaml /portico/LICENSE ./
COPY --from=build /portico/bin ./bin
COPY --from=build /portico/models ./models
COPY --from=build /portico/node_modules ./node_modules
COPY --from=build /portico/dist ./dist
# Models, models.yaml and the state of engines; a volume that is made from it belongs to this user.
RUN mkdir /data && chown node:node /data
VOLUME /data
# The number of the user `node`: some platforms refuse names here.
USER 1000:1000
EXPOSE 11435
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:11435/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/portico.js"]
CMD ["serve"]
