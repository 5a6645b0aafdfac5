import './style.css'

// Without the theme's own fonts: nothing is loaded but the site.
export { default } from 'vitepress/theme-without-fonts'
