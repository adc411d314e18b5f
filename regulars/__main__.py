from regulars.main import cli

cli()
