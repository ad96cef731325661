# The example app, built with the package it shows. It runs on compiled JavaScript, with no tools in the image.
FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json tsconfig.example.json ./
COPY src src
COPY example-app example-app
RUN npm run build && npm run build:example

# For the package, Fastify and Google's client are dev dependencies; the app runs on them. As locked, and nothing else.
FROM node:24-alpine AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm pkg set --json \
      "dependencies.fastify=$(npm pkg get devDependencies.fastify)" \
      "dependencies.@googleapis/calendar=$(npm pkg get devDependencies.@googleapis/calendar)" \
    && npm pkg delete devDependencies \
    && npm ci

FROM node:24-alpine
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=modules /app ./
COPY --from=build /app/dist dist
COPY --from=build /app/artifacts/example-app example-app
COPY example-app/public example-app/public
USER node
EXPOSE 3000
CMD ["node", "example-app/main.js"]
