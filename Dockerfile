# The example app, built with the package it shows.
FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

# Only what runs: the app is TypeScript, so tsx and fastify come along with the dependencies.
FROM node:24-alpine
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json tsconfig.json ./
COPY example-app example-app
USER node
EXPOSE 3000
CMD ["node", "--import", "tsx", "example-app/main.ts"]
