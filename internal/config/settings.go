package config

import "github.com/latchkey-auth/latchkey/internal/secret"

// Settings are what an operator gave, as text, empty where nothing was given. Embedded in a command
// line of kong's, each field is a flag; From adds the environment. Text, because every fault is to
// be found and told at once, by Resolve, and not one at a time by a parser of flags.
//
// The tags name and group, help and placeholder are kong's. Ours are var, the environment variable;
// and unset, what holds when nothing is given. (kong's own env and default are not used: the first
// reads the process's environment behind the tests' back, the second hides what was not given.)
// A field of type secret.Text is shown to nobody.
type Settings struct {
	Env       string      `name:"env" var:"LATCHKEY_ENV" placeholder:"MODE" group:"Where it runs:" help:"What this is: development or production. Production demands an https public URL, a secret key, an SMTP URL and a sender." unset:"development while nothing points outwards (no database, no SMTP, no public URL or address but localhost); otherwise it must be given"`
	PublicURL string      `name:"public-url" var:"LATCHKEY_PUBLIC_URL" placeholder:"URL" group:"Where it runs:" help:"Where browsers find this server, for example https://auth.your-site.com." unset:"http://localhost and the port, in development"`
	Addr      string      `name:"addr" var:"LATCHKEY_ADDR" placeholder:"HOST:PORT" group:"Where it runs:" help:"Address to listen on. Wins over the port." unset:"127.0.0.1:8080 in development, :8080 in production"`
	Port      string      `name:"port" var:"PORT" placeholder:"PORT" group:"Where it runs:" help:"Port to listen on: on 127.0.0.1 in development, on every interface in production." unset:"8080"`
	SecretKey secret.Text `name:"secret-key" var:"LATCHKEY_SECRET_KEY" placeholder:"BASE64" group:"Where it runs:" help:"The key to what is encrypted or signed: base64 of 32 random bytes, the same on every replica." unset:"made in development with SQLite, and kept as secret.key in the data folder"`

	TLSCert        string      `name:"tls-cert" var:"LATCHKEY_TLS_CERT" placeholder:"FILE" group:"Where it runs:" help:"File with the certificate (PEM), and those between it and the root: the server then speaks https itself. Read again when it changes." unset:"none: http, for a proxy in front that speaks https"`
	TLSKey         secret.Text `name:"tls-key" var:"LATCHKEY_TLS_KEY" placeholder:"FILE" group:"Where it runs:" help:"File with the private key of the certificate (PEM)." unset:"none"`
	TrustedProxies string      `name:"trusted-proxies" var:"LATCHKEY_TRUSTED_PROXIES" placeholder:"ADDRESSES" group:"Where it runs:" help:"Proxies whose X-Forwarded-For, X-Forwarded-Proto and Forwarded headers are believed: addresses and prefixes, separated by commas: 10.0.0.0/8,127.0.0.1,::1." unset:"none: the client is whoever made the connection"`
	AllowedOrigins string      `name:"allowed-origins" var:"LATCHKEY_ALLOWED_ORIGINS" placeholder:"ORIGINS" group:"Where it runs:" help:"Origins whose pages may use the API beside the server's own, separated by commas: https://app.your-site.com,https://admin.your-site.com. Plain http only on localhost, or in development." unset:"in development every origin on localhost; in production none"`

	DatabaseURL secret.Text `name:"database-url" var:"DATABASE_URL" placeholder:"URL" group:"Storage:" help:"PostgreSQL to use: postgres://user:password@host:5432/name." unset:"SQLite in the data folder"`
	DataDir     string      `name:"data-dir" var:"LATCHKEY_DATA_DIR" placeholder:"FOLDER" group:"Storage:" help:"Folder of the SQLite file and of what is made when it is missing." unset:"./data"`
	Migrate     string      `name:"migrate" var:"LATCHKEY_MIGRATE" placeholder:"BOOL" group:"Storage:" help:"Whether the server brings the database up to date when it starts: true or false. With false, run latchkey migrate." unset:"true"`

	SMTPURL            secret.Text `name:"smtp-url" var:"LATCHKEY_SMTP_URL" placeholder:"URL" group:"Mail:" help:"Server that takes the mail: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465 (TLS). Plain only to this machine, or with ?tls=off." unset:"mail is printed to the console, in development"`
	MailFrom           string      `name:"mail-from" var:"LATCHKEY_MAIL_FROM" placeholder:"ADDRESS" group:"Mail:" help:"Sender of every mail: an address, with a name if you like: Your Site <hello@your-site.com>." unset:"latchkey@localhost, in development"`
	MailSubjectPrefix  string      `name:"mail-subject-prefix" var:"LATCHKEY_MAIL_SUBJECT_PREFIX" placeholder:"TEXT" group:"Mail:" help:"Put before every subject, for example [Your Site]." unset:"nothing"`
	MailDir            string      `name:"mail-dir" var:"LATCHKEY_MAIL_DIR" placeholder:"FOLDER" group:"Mail:" help:"Folder into which every mail is written as a file as well, with its links." unset:"mail in the data folder, in development without SMTP; otherwise none"`
	MailTemplates      string      `name:"mail-templates" var:"LATCHKEY_MAIL_TEMPLATES" placeholder:"FOLDER" group:"Mail:" help:"Folder with mail templates of your own, each in place of the built-in one of the same file name, such as reset.txt or layout.html. See latchkey mail preview." unset:"the built-in ones"`
	ConfirmURL         string      `name:"confirm-url" var:"LATCHKEY_CONFIRM_URL" placeholder:"URL" group:"Mail:" help:"Your page that confirms an address, with {token} as the value of a query parameter: https://your-site.com/confirm?token={token}." unset:"/confirm of this server"`
	ResetURL           string      `name:"reset-url" var:"LATCHKEY_RESET_URL" placeholder:"URL" group:"Mail:" help:"Your page that sets a new password, with {token} as the value of a query parameter: https://your-site.com/reset?token={token}." unset:"/reset of this server"`
	EmailChangeURL     string      `name:"email-change-url" var:"LATCHKEY_EMAIL_CHANGE_URL" placeholder:"URL" group:"Mail:" help:"Your page that confirms a new address in the session of its account, with {token} as the value of a query parameter: https://your-site.com/email-change?token={token}." unset:"/email-change of this server"`
	UndoEmailChangeURL string      `name:"undo-email-change-url" var:"LATCHKEY_UNDO_EMAIL_CHANGE_URL" placeholder:"URL" group:"Mail:" help:"Your page that brings the old address back, with {token} as the value of a query parameter: https://your-site.com/undo-email-change?token={token}." unset:"/undo-email-change of this server"`
	RedirectURLs       string      `name:"redirect-urls" var:"LATCHKEY_REDIRECT_URLS" placeholder:"URLS" group:"Mail:" help:"Pages that a request may name as redirectUrl for the link of its mail, separated by commas: https://your-site.com/account,https://admin.your-site.com. Each allows the paths below it too. In development also http on localhost." unset:"none, and links lead to the pages above"`

	ProductName        string `name:"product-name" var:"LATCHKEY_PRODUCT_NAME" placeholder:"NAME" group:"Accounts:" help:"What mails and pages call the service." unset:"Latchkey"`
	Registration       string `name:"registration" var:"LATCHKEY_REGISTRATION" placeholder:"MODE" group:"Accounts:" help:"Who may sign up: open (everybody) or closed (nobody)." unset:"open"`
	EmailVerification  string `name:"email-verification" var:"LATCHKEY_EMAIL_VERIFICATION" placeholder:"MODE" group:"Accounts:" help:"Whether an address must be confirmed before its first login: mandatory, optional or none. Only mandatory hides who has an account." unset:"mandatory"`
	Usernames          string `name:"usernames" var:"LATCHKEY_USERNAMES" placeholder:"MODE" group:"Accounts:" help:"Whether users have usernames beside their addresses, and log in by either: off, optional or required." unset:"off"`
	ProfileSchema      string `name:"profile-schema" var:"LATCHKEY_PROFILE_SCHEMA" placeholder:"FILE" group:"Accounts:" help:"File with the JSON Schema (draft 2020-12) of the profile fields that users have beside a name." unset:"no profile fields"`
	LoginCodes         string `name:"login-codes" var:"LATCHKEY_LOGIN_CODES" placeholder:"BOOL" group:"Accounts:" help:"Whether one can log in by a code that is mailed: true or false. Who reads the mail of an address can then log in to its account." unset:"false"`
	PasswordMinLength  string `name:"password-min-length" var:"LATCHKEY_PASSWORD_MIN_LENGTH" placeholder:"COUNT" group:"Accounts:" help:"The least number of characters of a new password, from 8 to 64." unset:"8"`
	PasswordHashMemory string `name:"password-hash-memory" var:"LATCHKEY_PASSWORD_HASH_MEMORY" placeholder:"MIB" group:"Accounts:" help:"Memory of one password hash (argon2id), in MiB, from 19 to 1024." unset:"19"`
	PasswordHashPasses string `name:"password-hash-passes" var:"LATCHKEY_PASSWORD_HASH_PASSES" placeholder:"COUNT" group:"Accounts:" help:"Passes of one password hash over its memory, from 2 to 64." unset:"2"`
	MaxSessionsPerUser string `name:"max-sessions-per-user" var:"LATCHKEY_MAX_SESSIONS_PER_USER" placeholder:"COUNT" group:"Accounts:" help:"How many sessions a user may have at once, from 1 to 10000. A login beyond that ends the one unused longest." unset:"100"`
	Pages              string `name:"pages" var:"LATCHKEY_PAGES" placeholder:"BOOL" group:"Accounts:" help:"Whether the server has pages for people: sign-up, sign-in, account, and those that mailed links lead to. With false, links need pages of yours: LATCHKEY_CONFIRM_URL and its siblings." unset:"true"`
	PagesDir           string `name:"pages-dir" var:"LATCHKEY_PAGES_DIR" placeholder:"FOLDER" group:"Accounts:" help:"Folder with what replaces parts of the pages: logo.svg, colours.css, texts.json, or a page such as sign_in.html." unset:"the built-in ones"`

	AccessToken         string `name:"access-token" var:"LATCHKEY_ACCESS_TOKEN" placeholder:"FORM" group:"Tokens:" help:"What an access token is: opaque (a random text that lasts as long as its session, and means something to this server only) or jwt (signed, short-lived, refreshed by refreshSession, and verified by your own services)." unset:"opaque"`
	AccessTokenLifetime string `name:"access-token-lifetime" var:"LATCHKEY_ACCESS_TOKEN_LIFETIME" placeholder:"DURATION" group:"Tokens:" help:"How long a JWT access token is good for, from 1m to 15m. Your services may take one for so long after its session has ended." unset:"15m"`
	JWTAlgorithm        string `name:"jwt-algorithm" var:"LATCHKEY_JWT_ALGORITHM" placeholder:"NAME" group:"Tokens:" help:"How JWTs are signed: EdDSA (Ed25519), or ES256 or RS256 (3072 bits) for verifiers that do not know it." unset:"EdDSA"`
	JWTAudience         string `name:"jwt-audience" var:"LATCHKEY_JWT_AUDIENCE" placeholder:"NAMES" group:"Tokens:" help:"Whom JWTs are for (the claim aud), separated by commas: URLs or names without a colon, such as https://api.your-site.com,reports. Your services take only a token that names them." unset:"the public URL"`
	JWTClaims           string `name:"jwt-claims" var:"LATCHKEY_JWT_CLAIMS" placeholder:"NAMES" group:"Tokens:" help:"What JWTs tell of the user beside the id, separated by commas: email (with email_verified), role, and profile fields that only operators set, such as profile.plan." unset:"nothing"`
	BasicAuth           string `name:"basic-auth" var:"LATCHKEY_BASIC_AUTH" placeholder:"BOOL" group:"Tokens:" help:"Whether queries, not mutations, may bring an address and a password by HTTP Basic, over TLS only: true or false." unset:"false"`

	Introspection string `name:"introspection" var:"LATCHKEY_INTROSPECTION" placeholder:"BOOL" group:"Operation:" help:"Whether the GraphQL schema may be asked for: true or false." unset:"true in development and with the playground, otherwise false"`
	LogFormat     string `name:"log-format" var:"LATCHKEY_LOG_FORMAT" placeholder:"FORMAT" group:"Operation:" help:"Form of the log: text, json, or auto (text on a terminal, JSON elsewhere)." unset:"auto"`
	LogLevel      string `name:"log-level" var:"LATCHKEY_LOG_LEVEL" placeholder:"LEVEL" group:"Operation:" help:"Least that is logged: debug, info, warn or error." unset:"info"`
	LogPII        string `name:"log-pii" var:"LATCHKEY_LOG_PII" placeholder:"BOOL" group:"Operation:" help:"Whether the log names the addresses of attempts to log in, sign up and so on: true or false. Otherwise it has a mark of each, the same every time." unset:"false"`
	MetricsAddr   string `name:"metrics-addr" var:"LATCHKEY_METRICS_ADDR" placeholder:"HOST:PORT" group:"Operation:" help:"Address on which /metrics answers Prometheus, and nothing else: 127.0.0.1:9090. Whoever reaches it may read them." unset:"no metrics"`
	RateLimits    string `name:"rate-limits" var:"LATCHKEY_RATE_LIMITS" placeholder:"LIMITS" group:"Operation:" help:"What is changed of how often what can be done, by a client address or to an account: login=60/1m/address,login_failed=5/5m/account,signup=off. Or off, which limits nothing. See docs/operations.md." unset:"the limits in docs/operations.md"`
	Playground    string `name:"playground" var:"LATCHKEY_PLAYGROUND" placeholder:"BOOL" group:"Operation:" help:"Whether /playground lets everybody try the API by hand: true or false. It needs introspection, and turns it on." unset:"true in development unless introspection is off, false in production"`
}
