module sidegate/gotemplate-cases

go 1.26
