// Package config is what an operator decides: every setting, its flag and its variable, the rules
// it obeys, and the one screen on which all faults are told at once. Settings is the text that was
// given, Config what the program works with.
//
// Nothing here opens a connection, and only From and Config.Key touch files.
package config

import (
	"cmp"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Config is every setting in force, checked. It never changes while the program runs.
type Config struct {
	Mode      Mode
	PublicURL *url.URL    // where browsers find the server; no query, no slash at the end
	Addr      string      // host:port to listen on; with port 0 the system chooses, see Resolve
	SecretKey secret.Text // as it was given; empty: Key finds or makes one

	TLSCert          string         // a file; empty, as TLSKey then is: plain http
	TLSKey           string         // a file
	TrustedProxies   []netip.Prefix // of IPv4 as such, not as IPv6
	AllowedOrigins   []string       // as browsers write them
	LocalhostOrigins bool           // origins on this machine are allowed, whatever their port
	AllowedHosts     []string       // host names and addresses that the server answers to, beside its own; in lower case

	DatabaseURL secret.Text // postgres:// or postgresql://; empty: SQLite in DataDir
	DataDir     string
	Migrate     bool // bring the database up to date at start

	SMTP               *address.SMTPServer // nil: no mail leaves the machine (development only)
	MailFrom           string              // an address of RFC 5322, perhaps with a name
	MailSubjectPrefix  string              // empty, or ends with a space
	MailDir            string              // also write each mail as a file there; empty: do not
	MailTemplates      string              // a folder; empty: the built-in ones only
	ConfirmURL         string              // link of a confirmation mail; the token replaces "{token}"
	ResetURL           string              // link of a reset mail; the token replaces "{token}"
	EmailChangeURL     string              // link of a mail to a new address; likewise
	UndoEmailChangeURL string              // link of a notice to an old address; likewise
	InvitationURL      string              // link of an invitation; likewise
	InvitationPage     bool                // that link leads to a page
	RedirectURLs       address.RedirectURLs

	ProductName         string
	Registration        string // open, invite, closed
	EmailVerification   string // mandatory, optional, none
	Usernames           string // off, optional, required
	ProfileSchema       string // a file; empty: no profile fields
	LoginCodes          bool
	PasskeyDomain       string   // empty: nobody can have passkeys
	PasskeyApps         []string // origins of apps, as client data has them
	PasskeyClones       string   // refuse, tolerate
	RequireSecondFactor string   // nobody, admin, staff, everybody
	Impersonation       string   // notify, silent, off
	TrustedDevices      bool
	ProvidersFile       string // empty: none
	ProviderLink        string // ask, verified
	PasswordMinLength   uint32
	PasswordHashMemory  uint32 // KiB
	PasswordHashPasses  uint32
	MaxSessionsPerUser  uint32
	SessionCache        uint32 // MiB; 0: none
	Pages               bool
	AdminPages          bool   // false without Pages
	AdminAddr           string // host:port; empty: administration is where everything else is
	PagesDir            string // a folder; empty: the built-in pages only

	AccessToken         string        // opaque, jwt
	AccessTokenLifetime time.Duration // of a JWT, in whole seconds
	JWTAlgorithm        string        // EdDSA, ES256, RS256: the name in the header alg
	JWTAudience         []string      // the claim aud; at least one, none twice
	JWTClaims           []string      // as they were given, for auth.ParseClaims; empty: none
	BasicAuth           bool

	Introspection bool
	EventsKept    uint32 // days; 0: none are written
	LogFormat     string // auto, text, json
	LogLevel      slog.Level
	LogPII        bool
	MetricsAddr   string // host:port; empty: no metrics
	RateLimits    auth.Limits
	Playground    bool // only with Introspection
}

// Resolve returns the settings in force: what was given, checked, and for the rest what holds when
// nothing is given. The error, if any, is Faults and names every fault at once.
//
// Where Addr has port 0, the public URL cannot be known before the program listens: put the address
// of the listener into Settings.Addr and resolve again.
func (s Settings) Resolve() (*Config, error) {
	r := resolve(s)
	if len(r.faults) > 0 {
		return nil, r.faults.sorted()
	}
	return &r.config, nil
}

// resolver turns Settings into a Config and collects the faults. What has a fault is left at what
// holds when nothing is given, so that the rest can be checked all the same.
type resolver struct {
	given  Settings
	config Config
	faults Faults
}

func resolve(s Settings) *resolver {
	r := &resolver{given: s}
	r.clean()

	r.config.Mode = r.mode()
	r.config.Addr = r.addr()
	r.config.TLSCert, r.config.TLSKey = r.tlsFiles()
	r.config.PublicURL = r.publicURL()
	r.config.TrustedProxies = r.trustedProxies()
	r.config.AllowedOrigins = r.allowedOrigins()
	r.config.AllowedHosts = r.allowedHosts()
	r.config.LocalhostOrigins = r.config.Mode == Development && r.given.AllowedOrigins == ""

	r.config.DatabaseURL = r.databaseURL()
	r.config.DataDir = cmp.Or(r.given.DataDir, "./data")
	r.config.Migrate = r.boolean("LATCHKEY_MIGRATE", true)
	r.config.SecretKey = r.secretKey()

	r.config.ProductName = r.productName()
	r.config.Pages = r.boolean("LATCHKEY_PAGES", true)
	r.config.AdminPages = r.boolean("LATCHKEY_ADMIN_PAGES", true) && r.config.Pages
	r.config.PagesDir = r.given.PagesDir
	r.mail()

	r.config.Registration = r.choice("LATCHKEY_REGISTRATION", "open", "invite", "closed")
	r.config.EmailVerification = r.choice("LATCHKEY_EMAIL_VERIFICATION", "mandatory", "optional", "none")
	r.config.Usernames = r.choice("LATCHKEY_USERNAMES", "off", "optional", "required")
	r.config.ProfileSchema = r.given.ProfileSchema
	r.config.LoginCodes = r.boolean("LATCHKEY_LOGIN_CODES", false)
	r.passkeys()
	r.config.RequireSecondFactor = r.requireSecondFactor()
	r.config.Impersonation = r.choice("LATCHKEY_IMPERSONATION", "notify", "silent", "off")
	r.config.TrustedDevices = r.boolean("LATCHKEY_TRUSTED_DEVICES", true)
	r.config.ProvidersFile = r.given.ProvidersFile
	r.config.ProviderLink = r.choice("LATCHKEY_PROVIDER_LINK", "ask", "verified")
	r.config.PasswordMinLength = r.number("LATCHKEY_PASSWORD_MIN_LENGTH", 8, 64, 8)
	r.config.PasswordHashMemory = 1024 * r.number("LATCHKEY_PASSWORD_HASH_MEMORY", 19, 1024, 19)
	r.config.PasswordHashPasses = r.number("LATCHKEY_PASSWORD_HASH_PASSES", 2, 64, 2)
	r.config.SessionCache = r.number("LATCHKEY_SESSION_CACHE", 0, 4096, 16)
	r.config.MaxSessionsPerUser = r.number("LATCHKEY_MAX_SESSIONS_PER_USER", 1, 10_000, 100)

	r.tokens()

	r.config.Introspection, r.config.Playground = r.exploration()
	r.config.EventsKept = r.number("LATCHKEY_EVENTS_KEPT", 0, 400, 30)
	r.config.LogFormat = r.choice("LATCHKEY_LOG_FORMAT", "auto", "text", "json")
	r.config.LogLevel = r.logLevel()
	r.config.LogPII = r.boolean("LATCHKEY_LOG_PII", false)
	r.config.MetricsAddr = r.metricsAddr()
	r.config.AdminAddr = r.adminAddr()
	r.config.RateLimits = r.rateLimits()
	return r
}

// clean trims the spaces and the pair of quotes around every setting, which files of secrets and of variables leave
// there, and refuses what no setting can hold.
func (r *resolver) clean() {
	for _, field := range fields {
		value := field.get(&r.given)
		if problem, ok := strings.CutPrefix(value, unreadable); ok {
			field.set(&r.given, "")
			r.fault(field.variable, problem, "Set one of the two, "+field.variable+fileSuffix+" to a file that the server may read and that holds the value in one line.")
			continue
		}
		value = unquoted(strings.TrimSpace(value))
		field.set(&r.given, value)

		if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			r.fault(field.variable, "holds a control character, a line break or bytes that are no UTF-8.",
				"Give it in one line of text.")
			field.set(&r.given, "")
		}
	}
}

// fault notes a fault with the value as it was given, unless it is secret.
func (r *resolver) fault(variable, problem, remedy string) {
	field := fieldOf(variable)
	f := Fault{Variable: variable, Flag: field.flag, Problem: problem, Remedy: remedy}
	if !field.secret {
		f.Value = field.shown(&r.given)
	}
	r.faults = append(r.faults, f)
}

// faulty reports whether the setting has a fault.
func (r *resolver) faulty(variable string) bool {
	for _, f := range r.faults {
		if f.Variable == variable {
			return true
		}
	}
	return false
}
