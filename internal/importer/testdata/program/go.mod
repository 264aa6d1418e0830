module program

go 1.26.0

require cellnet v0.0.0

replace cellnet => ../../../..
