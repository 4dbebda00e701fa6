// Package passkeytest is for tests only: a passkey in an authenticator and a browser of its own, which says what it is
// told to. What it says is right until a test changes it.
package passkeytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Flags of authenticator data (Web Authentication Level 3, section 6.1).
const (
	UserPresent    byte = 1 << 0
	UserVerified   byte = 1 << 2
	BackupEligible byte = 1 << 3
	BackedUp       byte = 1 << 4
	attested       byte = 1 << 6
)

// Key is a passkey.
type Key struct {
	Origin    string // of the page
	TopOrigin string // of the page around it; empty: none
	RPID      string // empty: that of the options
	Type      string // of the ceremony, such as webauthn.get; empty: the right one
	Flags     byte
	Count     uint32 // of signatures, told with each and not raised by itself
	AAGUID    [16]byte
	ID        []byte
	Handle    []byte         // of the user; learned by Create
	Outputs   map[string]any // of extensions
	// Tamper changes authenticator data after they are signed; nil: nothing does.
	Tamper func(data []byte)

	private *ecdsa.PrivateKey
}

// New returns a passkey that verifies its user, can be used in pages of an origin, and is not made yet.
func New(origin string) *Key {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return &Key{
		Origin: origin, Flags: UserPresent | UserVerified, ID: random(32), private: private,
		Outputs: map[string]any{"credProps": map[string]any{"rk": true}},
	}
}

// Create responds to the options of a ceremony that makes a passkey.
func (k *Key) Create(options map[string]any) map[string]any {
	user, _ := options["user"].(map[string]any)
	party, _ := options["rp"].(map[string]any)
	k.Handle = decode(user["id"])
	point, err := k.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	cose := slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21}, bytesOf(point[1:33]), []byte{0x22}, bytesOf(point[33:]))
	data := k.data(fmt.Sprint(party["id"]), k.Flags|attested)
	data = slices.Concat(data, k.AAGUID[:], binary.BigEndian.AppendUint16(nil, uint16(len(k.ID))), k.ID, cose) //nolint:gosec // ids of tests are short
	object := slices.Concat([]byte{0xa3}, textOf("fmt"), textOf("none"), textOf("attStmt"), []byte{0xa0}, textOf("authData"), bytesOf(data))
	return k.response(map[string]any{
		"clientDataJSON": encode(k.client("webauthn.create", options)), "attestationObject": encode(object), "transports": []string{"internal", "hybrid"},
	})
}

// Get responds to the options of a ceremony that uses a passkey.
func (k *Key) Get(options map[string]any) map[string]any {
	client, data := k.client("webauthn.get", options), k.data(fmt.Sprint(options["rpId"]), k.Flags)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		panic(err)
	}
	if k.Tamper != nil {
		k.Tamper(data)
	}
	response := map[string]any{"clientDataJSON": encode(client), "authenticatorData": encode(data), "signature": encode(signature)}
	if k.Handle != nil {
		response["userHandle"] = encode(k.Handle)
	}
	return k.response(response)
}

func (k *Key) response(response map[string]any) map[string]any {
	return map[string]any{
		"id": encode(k.ID), "rawId": encode(k.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": maps.Clone(k.Outputs), "response": response,
	}
}

// client is what the browser says of the ceremony.
func (k *Key) client(ceremony string, options map[string]any) []byte {
	if k.Type != "" {
		ceremony = k.Type
	}
	says := map[string]any{"type": ceremony, "challenge": options["challenge"], "origin": k.Origin, "crossOrigin": k.TopOrigin != ""}
	if k.TopOrigin != "" {
		says["topOrigin"] = k.TopOrigin
	}
	text, err := json.Marshal(says)
	if err != nil {
		panic(err)
	}
	return text
}

// data is what the authenticator says.
func (k *Key) data(party string, flags byte) []byte {
	if k.RPID != "" {
		party = k.RPID
	}
	hash := sha256.Sum256([]byte(party))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), k.Count)
}

// textOf and bytesOf are strings in CBOR (RFC 8949).
func textOf(text string) []byte { return append(length(0x60, len(text)), text...) }

func bytesOf(data []byte) []byte { return append(length(0x40, len(data)), data...) }

func length(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major | byte(n)} //nolint:gosec // less than 24
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{major | 26}, uint32(n)) //nolint:gosec // of tests
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func decode(text any) []byte {
	data, err := base64.RawURLEncoding.DecodeString(fmt.Sprint(text))
	if err != nil {
		panic(err)
	}
	return data
}

func random(n int) []byte {
	data := make([]byte, n)
	if _, err := rand.Read(data); err != nil {
		panic(err)
	}
	return data
}
