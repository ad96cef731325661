"""A sign-in by Google's own Python client. The settings come as JSON in the first line of the input, the URL of the return in the
second; the authorize URL and what came of it are written as one line each."""

import json
import sys

try:
    from google.auth.transport.requests import AuthorizedSession, Request
    from google.oauth2 import id_token, service_account
    from google_auth_oauthlib.flow import Flow
except ImportError as error:
    sys.exit(
        "%s is missing. Install it with: apt-get install -y python3-google-auth python3-google-auth-oauthlib" % error.name
    )

settings = json.loads(sys.stdin.readline())
events = settings["events"]
flow = Flow.from_client_config(
    settings["clientSecrets"], scopes=settings["scopes"], redirect_uri=settings["redirectUri"]
)
url, _ = flow.authorization_url(access_type="offline", include_granted_scopes="true")
print(url, flush=True)

flow.fetch_token(authorization_response=sys.stdin.readline().strip())
credentials = flow.credentials
claims = id_token.verify_token(
    credentials.id_token,
    Request(),
    audience=settings["clientSecrets"]["web"]["client_id"],
    certs_url=settings["clientSecrets"]["web"]["auth_provider_x509_cert_url"],
)
before = credentials.token
listed = AuthorizedSession(credentials).get(events)
credentials.refresh(Request())
again = AuthorizedSession(credentials).get(events)

robot = service_account.Credentials.from_service_account_info(settings["serviceAccount"], scopes=settings["scopes"])
robots = AuthorizedSession(robot).get(events)

result = {
    "claims": claims,
    "refreshed": credentials.token != before,
    "statuses": [listed.status_code, again.status_code, robots.status_code],
    "kind": again.json()["kind"],
}
print(json.dumps(result), flush=True)
