package main

import (
	"math/rand"
	"strings"
)

// surroundings are markup around a context, and what is likely to be written inside of it.
var surroundings = []struct {
	before, after string
	pieces        []string
}{
	{"<p>", "</p>", []string{"x", " ", "<b>", "</b>", "&amp;", "<", "<br>", "<!-- c -->", "<i title=\"", "\">", "'"}},
	{"<a title=\"", "\">", []string{"x", " ", "'", "<", ">", "&quot;", "="}},
	{"<a title=", ">", []string{"x", "y", "/", "\" ", " b="}},
	{"<a href=\"", "\">", []string{"/", "x", "?", "#", "&", "=", "https://", "&#63;", " "}},
	{"<a onclick='", "'>", []string{"x", "/", "\"", "`", "${", "}", "(", ")", "=", "//", "/*", "*/", "&apos;", "\\"}},
	{"<a style='", "'>", []string{"a:", ";", "\"", "url(", ")", "/*", "*/", "?", "\\"}},
	{"<script>", "</script>", []string{"x", "/", "\"", "'", "`", "${", "{", "}", "(", ")", "=", "+", "-", "//", "\n", "/*", "*/", "return ", "<!--", "-->", "</script", "<script", "\\", "[", "]", ".", "1", " ", "#!", ";"}},
	{"<style>", "</style>", []string{"a", "{", "}", ":", ";", "\"", "'", "url(", ")", "/*", "*/", "//", "\n", "?", "\\", " "}},
	{"<title>", "</title>", []string{"x", "<b>", "</b>", "</title", "&amp;"}},
	{"<input ", ">", []string{"a", "=", "\"", "'", " ", "b=c", "onclick=", "href=", "checked", "data-x="}},
	{"<script type=\"text/plain\">", "</script>", []string{"x", "<b>", "\"", "'", "</b>"}},
	{"<meta content=\"", "\">", []string{"0;", "url=", "x", ";", " "}},
	{"<img srcset='", "'>", []string{"a.png", " 1x", ", ", "?"}},
	{"", "", []string{"<a ", ">", "<script>", "</script>", "<style>", "</style>", "x", " ", "\"", "=", "<!--", "-->", "href=", "<p>"}},
}

var printed = []string{".S", ".H", ".M", ".I", ".F", ".E", ".B", ".L", ".D.none", "print .S .I", ".H | html", ".H | urlquery", "len .S", "index .L 1", "printf \"%q\" .H", "$.H", "."}

func randomTemplate(random *rand.Rand) string {
	var out strings.Builder
	if random.Intn(4) == 0 {
		out.WriteString("{{define \"t\"}}")
		writePieces(random, &out, pick(random, surroundings).pieces, 2)
		out.WriteString("{{end}}")
	}
	for range 1 + random.Intn(2) {
		around := pick(random, surroundings)
		out.WriteString(around.before)
		writePieces(random, &out, around.pieces, 2)
		out.WriteString(around.after)
	}
	return out.String()
}

func writePieces(random *rand.Rand, out *strings.Builder, pieces []string, depth int) {
	for range random.Intn(5) {
		switch kind := random.Intn(12); {
		case kind < 5:
			out.WriteString(pick(random, pieces))
		case kind < 9 || depth == 0:
			out.WriteString("{{" + pick(random, printed) + "}}")
		default:
			writeBlock(random, out, pieces, depth-1)
		}
	}
}

func writeBlock(random *rand.Rand, out *strings.Builder, pieces []string, depth int) {
	switch random.Intn(7) {
	case 0, 1:
		out.WriteString("{{if " + pick(random, []string{".B", ".C", "eq .I 42", "not .S"}) + "}}")
		writePieces(random, out, pieces, depth)
		if random.Intn(2) == 0 {
			out.WriteString("{{else}}")
			writePieces(random, out, pieces, depth)
		}
	case 2:
		out.WriteString("{{range .L}}")
		writePieces(random, out, pieces, depth)
		if random.Intn(3) == 0 {
			out.WriteString("{{if eq . \"b<\"}}" + pick(random, pieces) + pick(random, []string{"{{break}}", "{{continue}}"}) + "{{end}}")
			writePieces(random, out, pieces, depth)
		}
	case 3:
		out.WriteString("{{with .S}}")
		writePieces(random, out, pieces, depth)
	case 4:
		out.WriteString("{{template \"t\" .}}")
		return
	case 5:
		out.WriteString("{{/* c */}}")
		return
	default:
		out.WriteString(" {{- if .B -}} ")
		writePieces(random, out, pieces, depth)
	}
	out.WriteString("{{end}}")
}

func pick[T any](random *rand.Rand, from []T) T {
	return from[random.Intn(len(from))]
}
