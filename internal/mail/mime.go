package mail

import (
	"bytes"
	"fmt"
	netmail "net/mail"

	gomail "github.com/wneessen/go-mail"
)

// encode writes a message as RFC 5322 has it, lines ending in CRLF. Over SMTP the bodies go
// quoted-printable, which survives every relay; a file keeps them as they are (gomail.NoEncoding).
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
	// RFC 3834: nobody's vacation is to answer this.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text.Reveal())
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML.Reveal())

	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("encode the mail: %w", err)
	}
	return b.Bytes(), nil
}
