// Package address is the one grammar of what names a place to write to: email addresses, hosts, origins,
// URLs and mail servers. It decides nothing: whether an address may be used is for its caller to say.
//
// What a user or an operator gives is refused rather than mended when two programs could read it in two
// ways, and no error repeats it.
package address
