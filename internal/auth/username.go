package auth

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// jobUsernameConfirmation is JobConfirmation for the owner of a username: its key is in EmailKey. Whether
// anyone has it is found out when the mail is composed.
var jobUsernameConfirmation = newJob("username_confirmation", jobSpec{origin: fromAnyone, compose: (*Service).composeUsernameConfirmation, lowPriority: true})

// Bounds of a username, in characters.
const (
	usernameMinLength = 3
	usernameMaxLength = 30
)

// UsernameMode says whether users have usernames, beside their addresses.
type UsernameMode string

// The modes of usernames.
const (
	UsernamesOff      UsernameMode = "OFF"      // no one takes one or logs in with one
	UsernamesOptional UsernameMode = "OPTIONAL" // who likes takes one
	UsernamesRequired UsernameMode = "REQUIRED" // no one signs up without one
)

// Username is a checked username; the zero Username is none.
type Username struct {
	Name string // as it was given, but for its width; shown to others
	Key  string // what makes two usernames the same: the letters lowered
}

// errUsernamesOff is said of any username where there are none.
var errUsernamesOff = problem(InvalidUsername, "username", "There are no usernames here.")

var errUsernameMissing = problem(Required, "username", "Choose a username.")

// errUsernameTaken is said of a name that a user has, or a sign-up that waits. It cannot say which.
var errUsernameTaken = problem(UsernameTaken, "username",
	"Somebody has this username already. If you have just signed up with it, open the link in the mail.")

// checkUsername returns a new username, or what is wrong with it. None is REQUIRED only where every
// sign-up needs one.
func (s *Service) checkUsername(raw string) (Username, Problems) {
	if strings.TrimSpace(raw) == "" {
		if s.config.Usernames == UsernamesRequired {
			return Username{}, Problems{errUsernameMissing}
		}
		return Username{}, nil
	}
	username, problems := s.presentedUsername(raw)
	if problems == nil && username.reserved() {
		return Username{}, Problems{problem(UsernameReserved, "username", "This username is kept for whoever runs this service. Choose another.")}
	}
	return username, problems
}

// presentedUsername returns a username that a user may have, or what is wrong with it. Spaces
// around it do not count.
func (s *Service) presentedUsername(raw string) (Username, Problems) {
	if s.config.Usernames == UsernamesOff {
		return Username{}, Problems{errUsernamesOff}
	}
	name := plainUsername(raw)
	if fault := usernameFault(name); fault != "" {
		return Username{}, Problems{problem(InvalidUsername, "username", fault).
			with(map[string]any{"min": usernameMinLength, "max": usernameMaxLength})}
	}
	return Username{Name: name, Key: strings.ToLower(name)}, nil
}

// plainUsername maps what was typed as the UsernameCaseMapped profile of RFC 8265 (3.3.2) does, but for the case, which
// stays to be shown: full-width letters, as an input method writes them, become the usual ones, and the rest is in NFC.
// What may stand in a username is for usernameFault to say, which is stricter than the profile.
func plainUsername(raw string) string {
	return norm.NFC.String(width.Fold.String(strings.TrimSpace(raw)))
}

// usernameFault says what is wrong with a username, with the bounds of its length in braces. What is allowed looks the same in every font and
// in every script's eyes, can stand in a URL, and never looks like an address.
func usernameFault(name string) string {
	switch {
	case utf8.RuneCountInString(name) < usernameMinLength:
		return "A username has at least {min} characters."
	case utf8.RuneCountInString(name) > usernameMaxLength:
		return "A username has at most {max} characters."
	case strings.ContainsFunc(name, func(r rune) bool { return !isAlphanumeric(r) && !isPunctuation(r) }):
		return "A username has only the letters A to Z, digits, and the characters . _ -"
	case isPunctuation(rune(name[0])), isPunctuation(rune(name[len(name)-1])):
		return "A username begins and ends with a letter or a digit."
	}
	for i := 1; i < len(name); i++ {
		if isPunctuation(rune(name[i-1])) && isPunctuation(rune(name[i])) {
			return "A username has none of the characters . _ - beside another."
		}
	}
	return ""
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func isPunctuation(r rune) bool { return strings.ContainsRune("._-", r) }

// reserved reports whether the name could pass for a person who speaks for the service, or for a
// part of it, punctuation or not.
func (u Username) reserved() bool {
	return reservedUsernames[strings.NewReplacer(".", "", "_", "", "-", "").Replace(u.Key)]
}

// reservedUsernames are names of roles, of mailboxes that RFC 2142 gives a meaning or that
// certificate authorities trust, and of what stands where a username may in a URL.
var reservedUsernames = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(reservedNames) {
		names[name] = true
	}
	return names
}()

const reservedNames = `
	abuse admin administrator admins anonymous billing board bot ceo company contact copyright cto customer customers
	customerservice dev developer developers dmarc dpo everyone founder guest help helpdesk hostmaster info information
	investors jobs latchkey legal list mail mailerdaemon mailer marketing master me member members mod moderator moderators
	myself news newsletter nobody noc noreply notification notifications null official operator operators owner payment
	payments postmaster press privacy root sales security self service spam ssladmin ssladministrator sslwebmaster staff
	superuser support sudo sysadmin sysadministrator system sysop team test tester testing tls undefined unknown
	unsubscribe user username users usenet uucp webmaster website you

	about access account accounts activate activity api app apps archive asset assets auth authenticate authentication
	authorize avatar blog cache callback cdn cgi chat checkout client code config confirm connect console cookie cookies
	create css dashboard data database debug default delete demo deny dns docs documentation domain download downloads
	edit email error errors explore export faq favicon feed feedback file files forgot forgotpassword forum ftp graphql
	graphiql group groups health healthz home host html http https icon icons id image images imap img import index invite
	javascript js json jwks license localhost login logout logs media message messages metrics mfa new oauth oauth2 oidc
	openid order orders organization organizations page pages passkey passkeys password passwords playground plugin plugins
	policy pop pop3 portal post posts preferences pricing private product products profile profiles project projects proxy
	public readyz recover recovery redirect register registration remove reset resetpassword robots robotstxt rss saml
	schema script search secret secure server session sessions settings setup share shop signin signout signup site
	sitemap smtp sql ssh ssl sso static stats status store stylesheet subdomain subscribe terms token tokens tools upload
	uploads url username verify video web webhook webhooks wellknown wiki www xml
`

// composeUsernameConfirmation asks the owner of a username to confirm the address of the account again. Only logins
// ask for it.
func (s *Service) composeUsernameConfirmation(ctx context.Context, item *OutboxItem) (*Letter, error) {
	if item.Password == PasswordNotAsked { // of the release before, for any password: see confirmAgain
		return nil, ErrNotFound
	}
	key := item.EmailKey // no address, so none waits for it if nobody has the name
	user, userErr := s.store.UserByUsername(ctx, key)
	if userErr != nil && !errors.Is(userErr, ErrNotFound) {
		return nil, userErr
	}
	compared, err := s.comparedSignUp(ctx, item)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, err
	case userErr == nil:
		key = user.Email.Canonical
	case err == nil:
		key = compared.Email.Canonical
	}
	return s.confirmAgain(ctx, item, key, compared)
}
