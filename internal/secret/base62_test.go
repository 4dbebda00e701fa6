package secret_test

import (
	"bytes"
	"crypto/rand"
	"math/big"
	"strings"
	"testing"
	"unicode"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// digitsOf returns the number in the digits of package secret, which has capitals first.
func digitsOf(number []byte, width int) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, new(big.Int).SetBytes(number).Text(62))
	return strings.Repeat("0", width-len(text)) + text
}

func TestNumbersAreWrittenInBase62AndReadAgain(t *testing.T) {
	t.Parallel()
	for length := range 70 {
		width := length*8*100/595 + 2
		for _, fill := range []func(number []byte){
			func([]byte) {},
			func(number []byte) { _, _ = rand.Read(number) },
			func(number []byte) { copy(number, bytes.Repeat([]byte{0xff}, length)) },
			func(number []byte) { copy(number, "\x01") },
		} {
			number := make([]byte, length)
			fill(number)
			digits := secret.EncodeBase62(number, width)
			if want := digitsOf(number, width); digits != want {
				t.Fatalf("%x is %s, want %s", number, digits, want)
			}
			read := bytes.Repeat([]byte{7}, length)
			if !secret.DecodeBase62(read, digits) || !bytes.Equal(read, number) {
				t.Fatalf("%s is read as %x, want %x", digits, read, number)
			}
		}

		most := bytes.Repeat([]byte{0xff}, length)
		over := new(big.Int).Add(new(big.Int).SetBytes(most), big.NewInt(1)).Bytes()
		for _, digits := range []string{digitsOf(over, width+2), strings.Repeat("z", width+3)} {
			if secret.DecodeBase62(make([]byte, length), digits) {
				t.Errorf("%s fits into %d bytes", digits, length)
			}
		}
		for _, wrong := range []string{"-", " ", "é", "\x00"} {
			if secret.DecodeBase62(make([]byte, length), wrong) || secret.DecodeBase62(make([]byte, length), "00000"+wrong) {
				t.Errorf("%q is a digit", wrong)
			}
		}
	}
}

func BenchmarkNextRefreshToken(b *testing.B) {
	token := secret.NewRefreshToken()
	b.ReportAllocs()
	for b.Loop() {
		next, err := secret.NextRefreshToken(token)
		if err != nil {
			b.Fatal(err)
		}
		token = next
	}
}
