curl -s localhost:8080/graphql -H 'Content-Type: application/json' -d '{"query":"mutation { register(input: {email: \"ada@example.com\", password: \"correct horse battery\", name: \"Ada\"}) { confirmationRequired errors { code message } } }"}'
TOKEN=$(until grep -oh 'lk_cnf_[0-9A-Za-z]*' data/mail/*.eml 2>/dev/null; do sleep 0.1; done | tail -n 1)
curl -s localhost:8080/graphql -H 'Content-Type: application/json' -d '{"query":"mutation { confirmEmail(input: {token: \"'$TOKEN'\"}) { user { email emailVerified } errors { code message } } }"}'
ACCESS=$(curl -s localhost:8080/graphql -H 'Content-Type: application/json' -d '{"query":"mutation { login(input: {email: \"ada@example.com\", password: \"correct horse battery\"}) { tokens { accessToken } errors { code message } } }"}' | grep -o 'lk_ses_[0-9A-Za-z]*')
curl -s localhost:8080/graphql -H 'Content-Type: application/json' -H "Authorization: Bearer $ACCESS" -d '{"query":"{ me { id email emailVerified name role } }"}'
