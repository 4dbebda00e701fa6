package mail

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// longestLine is how long a line may be that goes as it is (RFC 5322, section 2.1.1), in bytes.
const longestLine = 998

// partEncoding is bodies, unless that is quoted-printable and the text can go as it is (7bit), so that no link is
// split into lines.
func partEncoding(bodies gomail.Encoding, text string) gomail.PartOption {
	if bodies != gomail.EncodingQP || !isASCII(text) || strings.ContainsAny(text, "\x00") {
		return gomail.WithPartEncoding(bodies)
	}
	for line := range strings.Lines(text) {
		if len(strings.TrimRight(line, "\r\n")) > longestLine {
			return gomail.WithPartEncoding(bodies)
		}
	}
	return gomail.WithPartEncoding(gomail.NoEncoding)
}

// nameASCII calls the parts of an encoded mail 7bit that go as they are, over SMTP: go-mail calls them 8bit, and some
// relays would write those anew. (What it calls 7bit it writes quoted-printable.)
func nameASCII(encoded []byte, bodies gomail.Encoding) []byte {
	if bodies != gomail.EncodingQP {
		return encoded
	}
	return bytes.ReplaceAll(encoded, []byte("\r\nContent-Transfer-Encoding: 8bit\r\n"), []byte("\r\nContent-Transfer-Encoding: 7bit\r\n"))
}

// encode writes a message as RFC 5322 has it, lines ending in CRLF. Over SMTP a body that is not ASCII goes
// quoted-printable, which survives every relay; a file keeps bodies as they are (gomail.NoEncoding).
func encode(m *Message, bodies gomail.Encoding) ([]byte, error) {
	from, err := netmail.ParseAddress(m.From)
	if err != nil {
		return nil, &PermanentError{Reason: "the mail has no valid sender"}
	}

	// Everything that go-mail would otherwise make up is set, as it would tell of this machine.
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(bodies), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(&netmail.Address{Address: m.To})
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.Date.UTC())
	msg.SetMessageIDWithValue(m.ID)
	// RFC 3834: no automatic reply is to answer this.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text.Reveal(), partEncoding(bodies, m.Text.Reveal()))
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML.Reveal(), partEncoding(bodies, m.HTML.Reveal()))

	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("encode the mail: %w", err)
	}
	return nameASCII(b.Bytes(), bodies), nil
}
