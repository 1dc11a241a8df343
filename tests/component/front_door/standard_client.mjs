// What a portal in Node does with npm's openid-client, and what it must be refused. Browser steps are asked for on
// standard output and answered on standard input.
import { createInterface } from 'node:readline/promises'
import * as client from 'openid-client'

const facts = JSON.parse(process.env.FACTS)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const plain = { execute: [client.allowInsecureRequests] }
const config = await client.discovery(new URL(facts.issuer), facts.clientId, facts.clientSecret, undefined, plain)

async function begun() {
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: facts.back, scope: facts.scope, state, nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })
  process.stdout.write(JSON.stringify({ open: address.href }) + '\n')
  const back = new URL((await lines.next()).value)
  return { back, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } }
}

async function refusal(act) {
  try {
    await act()
  } catch (error) {
    return error.error ?? String(error)
  }
  return 'let through'
}

const first = await begun()
const tokens = await client.authorizationCodeGrant(config, first.back, first.checks)
const claims = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
const second = await client.refreshTokenGrant(config, tokens.refresh_token)
const third = await client.refreshTokenGrant(config, second.refresh_token)
const reused = await refusal(() => client.refreshTokenGrant(config, tokens.refresh_token))
const after = await refusal(() => client.refreshTokenGrant(config, third.refresh_token))

const again = await begun()
await client.authorizationCodeGrant(config, again.back, again.checks)
const replayed = await refusal(() => client.authorizationCodeGrant(config, again.back, again.checks))

const guessed = await begun()
const wrong = { ...guessed.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() }
const wrongVerifier = await refusal(() => client.authorizationCodeGrant(config, guessed.back, wrong))

const elsewhere = await begun()
const moved = new URL(elsewhere.back)
moved.pathname = '/elsewhere'
const wrongRedirect = await refusal(() => client.authorizationCodeGrant(config, moved, elsewhere.checks))

process.stdout.write(JSON.stringify({ done: {
  signedIn: typeof claims.name === 'string' && tokens.claims().sub === claims.sub,
  refreshed: second.access_token !== tokens.access_token,
  replayedCode: replayed, wrongVerifier, wrongRedirect, reusedRefreshToken: reused, afterReuse: after,
} }) + '\n')
process.exit(0)
