/** @fastify/view: a page that shows the user, with a form that signs out. */
import fastifyView from '@fastify/view'
import { Eta } from 'eta'
import t from 'tap'
import { ADA } from '../support/app.js'
import { besideNeighbour } from '../support/neighbour.js'

t.test('pages', async (t) => {
  const root = t.testdir({
    'home.eta': '<p><%= it.user.email %></p><form method="post" action="/auth/signout"><button>Out</button></form>'
  })
  const { google, browser } = await besideNeighbour(
    t,
    (app) => app.register(fastifyView, { engine: { eta: new Eta() }, root }),
    {
      after: (app) =>
        app.get('/page', { onRequest: app.googleAuth.required() }, (request, reply) =>
          reply.view('home.eta', { user: request.signedInUser })
        )
    }
  )
  const page = await browser().visit(google, '/page', { sub: ADA.sub })
  t.match(
    [page.status, page.headers, page.text],
    [200, { 'cache-control': 'private, no-store' }, `<p>${ADA.email}</p>`]
  )
})
