package mail

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// atInWords says when t is, in UTC; "" for the zero time.
func atInWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006 at 15:04 UTC")
}

// fromInWords says where something was done from, to stand after "from": a device in words and the
// address of the client, of which either may be empty; "" if both are.
func fromInWords(device, clientIP string) string {
	switch {
	case device == "" && clientIP == "":
		return ""
	case clientIP == "":
		return device
	case device == "":
		return "the IP address " + clientIP
	default:
		return device + " (IP address " + clientIP + ")"
	}
}

// maxGreeted is how many letters a name may have to be greeted with.
const maxGreeted = 60

// likeAddress finds what a mail program would make a link of, or a reader take for one.
var likeAddress = regexp.MustCompile(`(?i)[@/\\]|www\.|[\p{L}\p{N}-]{2,}\.\p{L}{2,}`)

// greetable returns a name with its spaces put right, or "" when it is no name to greet with.
// Anyone who signs up chooses the name and the address independently: a greeting must not become a way
// of sending advertisements and links to strangers.
func greetable(name string) string {
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, name)), " ")
	if utf8.RuneCountInString(name) > maxGreeted || likeAddress.MatchString(name) {
		return ""
	}
	return name
}

// isControl reports whether r has no place in a line of text: control characters and those that
// turn the direction of writing or break lines.
func isControl(r rune) bool {
	return text.Invisible(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}
